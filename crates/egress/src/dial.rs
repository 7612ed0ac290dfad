//! The only place that connects. It takes [`Admitted`], never a name, and asks the socket whom it reached (I1, I5).

use crate::error::{Phase, Reason};
use egret_policy::Admitted;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Connects to the first admitted address that answers, all of them within `limit`.
///
/// The time is shared out: an address that stays silent leaves the others their part.
pub(crate) async fn dial(admitted: &Admitted, limit: Duration) -> Result<(TcpStream, SocketAddr), Reason> {
    let addresses = admitted.addresses();
    let share = limit / u32::try_from(addresses.len()).unwrap_or(u32::MAX).max(1);
    let mut last = Reason::Timeout(Phase::Connect);
    for address in addresses {
        match timeout(share, connect(*address)).await {
            Err(_) => last = Reason::Timeout(Phase::Connect),
            Ok(Err(error)) => last = Reason::Connect(admitted.target().host().to_string(), error.to_string()),
            Ok(Ok((stream, peer))) => {
                admitted.confirm(peer)?;
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
