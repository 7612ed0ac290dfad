//! The only place that connects. It takes [`Admitted`], never a name, and asks the socket whom it reached (I1, I5).

use crate::error::{Phase, Reason};
use egret_policy::Admitted;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Where an admitted address really is, for runs against scripted peers on loopback.
pub type Redial = Arc<dyn Fn(SocketAddr) -> SocketAddr + Send + Sync>;

/// Connects to the first admitted address that answers, all of them within `limit`.
///
/// The time is shared out: an address that stays silent leaves the others their part.
pub(crate) async fn dial(admitted: &Admitted, redial: Option<&Redial>, limit: Duration) -> Result<(TcpStream, SocketAddr), Reason> {
    let addresses = admitted.addresses();
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut last = Reason::Timeout(Phase::Connect);
    for address in addresses {
        let place = redial.map_or(*address, |redial| redial(*address));
        match timeout(share, connect(place)).await {
            Err(_) => last = Reason::Timeout(Phase::Connect),
            Ok(Err(error)) => last = Reason::Connect(admitted.target().host().to_string(), error.to_string()),
            Ok(Ok((stream, peer))) => {
                // Where nothing is redialled, place and address are one, and this asks who really answered.
                admitted.confirm(if peer == place { *address } else { peer })?;
                return Ok((stream, peer));
            }
        }
    }
    Err(last)
}

async fn connect(address: SocketAddr) -> std::io::Result<(TcpStream, SocketAddr)> {
    #[expect(clippy::disallowed_methods, reason = "gate: the one outbound connect, to an admitted address")]
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let peer = stream.peer_addr()?;
    Ok((stream, peer))
}
