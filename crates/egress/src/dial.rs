//! The only place that connects. It takes [`Admitted`], never a name, and asks the socket whom it reached (I1, I5).

use crate::error::{Phase, Reason};
use egret_policy::Admitted;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// Where an admitted address really is, for runs against scripted peers on loopback.
pub type Redial = Arc<dyn Fn(SocketAddr) -> SocketAddr + Send + Sync>;

/// How long an attempt may stay alone before the next address is tried beside it (RFC 8305, 5: 250 ms).
const HEAD_START: Duration = Duration::from_millis(250);

/// Connects to whichever admitted address answers first, all of them within `limit` (RFC 8305, over vetted ones only).
pub(crate) async fn dial(admitted: &Admitted, redial: Option<&Redial>, limit: Duration) -> Result<(TcpStream, SocketAddr), Reason> {
    match timeout(limit, race(admitted, redial)).await {
        Ok(connected) => connected,
        Err(_) => Err(Reason::Timeout(Phase::Connect)),
    }
}

/// The losers are dropped with this future, and their sockets with them.
async fn race(admitted: &Admitted, redial: Option<&Redial>) -> Result<(TcpStream, SocketAddr), Reason> {
    let mut waiting = by_turns(admitted.addresses()).into_iter();
    let mut racing = FuturesUnordered::new();
    let mut last = "no address".to_owned();
    loop {
        if let Some(address) = waiting.next() {
            let place = redial.map_or(address, |redial| redial(address));
            racing.push(async move { (address, place, connect(place).await) });
        }
        let outcome = tokio::select! {
            Some(outcome) = racing.next() => outcome,
            () = sleep(HEAD_START), if waiting.len() > 0 => continue,
            else => return Err(Reason::Connect(admitted.target().host().to_string(), last)),
        };
        match outcome {
            (_, _, Err(error)) => last = error.to_string(),
            (address, place, Ok((stream, peer))) => {
                // Where nothing is redialled, place and address are one, and this asks who really answered.
                admitted.confirm(if peer == place { address } else { peer })?;
                return Ok((stream, peer));
            }
        }
    }
}

/// The families in turn, beginning with that of the first answer (RFC 8305, 4).
fn by_turns(addresses: &[SocketAddr]) -> Vec<SocketAddr> {
    let leads = |address: &&SocketAddr| addresses.first().is_some_and(|first| first.is_ipv4() == address.is_ipv4());
    let (mut first, mut second) = (addresses.iter().filter(leads), addresses.iter().filter(|address| !leads(address)));
    let pairs = std::iter::from_fn(|| match (first.next(), second.next()) {
        (None, None) => None,
        (one, other) => Some(one.into_iter().chain(other)),
    });
    pairs.flatten().copied().collect()
}

async fn connect(address: SocketAddr) -> std::io::Result<(TcpStream, SocketAddr)> {
    #[expect(clippy::disallowed_methods, reason = "gate: the one outbound connect, to an admitted address")]
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let peer = stream.peer_addr()?;
    Ok((stream, peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let parse = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let given = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]);
        assert_eq!(by_turns(&given), parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]));
        assert_eq!(by_turns(&[]), []);
    }
}
