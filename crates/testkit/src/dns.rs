//! A DNS server that answers from a table which the test may change at any moment, over UDP and TCP on one port. In
//! place of plain TCP it speaks TLS or HTTPS if it is told to; UDP stays open, so that a fall-back would be seen.
//!
//! It plays the recursive resolver: aliases are followed inside the table. A name that is not in the table does not
//! exist; one that is there without records of the type asked for has an empty answer.

mod streams;
mod wire;

use crate::ca::Leaf;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use streams::Speech;
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

/// One record of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An A or AAAA record.
    Address(IpAddr),
    /// A CNAME.
    Alias(String),
}

/// What a name answers to one query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// These records, as far as they are of the type asked for. None at all is a name without records.
    Records(Vec<Record>),
    /// NXDOMAIN.
    NoSuchName,
    /// SERVFAIL.
    ServerFailure,
    /// No answer, ever.
    Silence,
    /// Over UDP a truncated answer, over TCP none.
    Truncated,
    /// These records, said of another name than the one asked for.
    Foreign(String, Vec<Record>),
    /// These records under another id than the query's: what an attacker off the path can send.
    Forged(Vec<Record>),
    /// Over UDP these records with the letters of the question in the other case, as by an attacker who guessed the id
    /// and the port. Over anything else the records as they should be.
    Recased(Vec<Record>),
}

/// The type that a query asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// IPv4 addresses.
    A,
    /// IPv6 addresses.
    Aaaa,
    /// Anything else, by its number in the IANA registry of DNS parameters.
    Other(u16),
}

/// What a query came over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// A datagram.
    Udp,
    /// Plain TCP.
    Tcp,
    /// TLS (RFC 7858).
    Tls,
    /// HTTP/2 over TLS (RFC 8484).
    Https,
}

/// A query as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The name in lower case, without the last dot.
    pub name: String,
    /// The type.
    pub kind: Kind,
    /// What it came over.
    pub over: Over,
    /// The name as it was written: resolvers mix upper and lower case so that a forged answer has to guess it too.
    pub spelling: String,
}

/// A scripted DNS server on 127.0.0.1. Dropping it ends it.
pub struct Zone {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    table: Mutex<Table>,
    /// Rings at every query.
    asked: Notify,
}

#[derive(Default)]
struct Table {
    names: HashMap<String, Script>,
    time_to_live: u32,
    queries: Vec<Query>,
}

/// The replies of one name and how far each type has advanced. Types advance apart, because a resolver asks for A
/// and AAAA at once and in no certain order.
struct Script {
    replies: Vec<Reply>,
    next: HashMap<Kind, usize>,
}

impl Zone {
    /// Starts with an empty table: no name exists. Records live for 60 s unless told otherwise.
    #[must_use]
    pub fn start() -> Self {
        Self::speaking(Speech::Plain)
    }

    /// The same with TLS in place of plain TCP.
    #[must_use]
    pub fn tls(leaf: Leaf) -> Self {
        Self::speaking(Speech::tls(leaf))
    }

    /// The same with HTTPS in place of plain TCP, at the path `/dns-query`.
    #[must_use]
    pub fn https(leaf: Leaf) -> Self {
        Self::speaking(Speech::https(leaf))
    }

    fn speaking(speech: Speech) -> Self {
        let (udp, tcp, address) = bind();
        let shared = Arc::new(Shared::default());
        shared.table.lock().unwrap().time_to_live = 60;
        let task = tokio::spawn(serve(udp, tcp, speech, shared.clone()));
        Self { address, shared, task }
    }

    /// Where it listens, by UDP and TCP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The life of all records from now on, in seconds.
    pub fn time_to_live(&self, seconds: u32) {
        self.shared.table.lock().unwrap().time_to_live = seconds;
    }

    /// `name` has these addresses. `*.x` stands for every name below `x` that has no line of its own.
    pub fn addresses(&self, name: &str, addresses: &[&str]) {
        self.reply(name, Reply::addresses(addresses));
    }

    /// `name` is another name for `target`.
    pub fn alias(&self, name: &str, target: &str) {
        self.reply(name, Reply::Records(vec![Record::Alias(target.to_owned())]));
    }

    /// `name` gives this reply to every query.
    pub fn reply(&self, name: &str, reply: Reply) {
        self.replies(name, vec![reply]);
    }

    /// `name` gives the first reply to the first query of a type, and so on; the last one is repeated.
    ///
    /// # Panics
    /// When there is no reply at all.
    pub fn replies(&self, name: &str, replies: Vec<Reply>) {
        assert!(!replies.is_empty(), "{name} needs a reply");
        let script = Script { replies, next: HashMap::new() };
        self.shared.table.lock().unwrap().names.insert(name.to_ascii_lowercase(), script);
    }

    /// Waits until `name` has been asked for.
    pub async fn until_asked(&self, name: &str) {
        loop {
            // Made before looking: a query between the two still rings.
            let asked = self.shared.asked.notified();
            if self.queries().iter().any(|query| query.name == name) {
                return;
            }
            asked.await;
        }
    }

    /// Every query so far, in the order of arrival.
    #[must_use]
    pub fn queries(&self) -> Vec<Query> {
        self.shared.table.lock().unwrap().queries.clone()
    }
}

impl Drop for Zone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Reply {
    /// A reply of addresses, written as text.
    ///
    /// # Panics
    /// When one is no IP address.
    #[must_use]
    pub fn addresses(addresses: &[&str]) -> Self {
        Self::Records(addresses.iter().map(|text| Record::Address(text.parse().unwrap())).collect())
    }
}

impl Table {
    /// What to answer to `query`: the records in the order in which an alias chain is followed, each with its owner.
    fn answer(&mut self, query: &Query) -> (Reply, Vec<(String, Record)>) {
        self.queries.push(query.clone());
        let mut owner = query.name.clone();
        let mut records = Vec::new();
        // A loop of aliases is a legal table; sixteen is more than any resolver follows.
        for _ in 0..16 {
            let reply = self.next(&owner, query.kind);
            let Reply::Records(found) = &reply else { return (reply, records) };
            let alias = found.iter().find_map(|record| match record {
                Record::Alias(target) => Some(target.clone()),
                Record::Address(_) => None,
            });
            records.extend(found.iter().filter(|record| fits(record, query.kind)).map(|r| (owner.clone(), r.clone())));
            let Some(target) = alias else { break };
            owner = target;
        }
        (Reply::Records(Vec::new()), records)
    }

    fn next(&mut self, name: &str, kind: Kind) -> Reply {
        let Some(script) = self.script(name) else { return Reply::NoSuchName };
        let next = script.next.entry(kind).or_default();
        let reply = script.replies[(*next).min(script.replies.len() - 1)].clone();
        *next += 1;
        reply
    }

    /// The line of `name`, or of the nearest wildcard above it.
    fn script(&mut self, name: &str) -> Option<&mut Script> {
        let mut key = name.to_ascii_lowercase();
        while !self.names.contains_key(&key) {
            let (_, above) = key.strip_prefix("*.").unwrap_or(&key).split_once('.')?;
            key = format!("*.{above}");
        }
        self.names.get_mut(&key)
    }
}

fn fits(record: &Record, kind: Kind) -> bool {
    match record {
        Record::Alias(_) => true,
        Record::Address(IpAddr::V4(_)) => kind == Kind::A,
        Record::Address(IpAddr::V6(_)) => kind == Kind::Aaaa,
    }
}

/// One port for both protocols. The port that UDP got may be taken for TCP, hence more than one try.
#[expect(clippy::disallowed_methods, reason = "test: a DNS server on loopback")]
fn bind() -> (UdpSocket, TcpListener, SocketAddr) {
    for _ in 0..64 {
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = udp.local_addr().unwrap();
        let Ok(tcp) = std::net::TcpListener::bind(address) else { continue };
        udp.set_nonblocking(true).unwrap();
        tcp.set_nonblocking(true).unwrap();
        return (UdpSocket::from_std(udp).unwrap(), TcpListener::from_std(tcp).unwrap(), address);
    }
    panic!("no port is free for both UDP and TCP");
}

async fn serve(udp: UdpSocket, tcp: TcpListener, speech: Speech, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    let mut packet = vec![0; 64 << 10];
    loop {
        tokio::select! {
            Ok((length, client)) = udp.recv_from(&mut packet) => {
                if let Some(answer) = shared.respond(&packet[..length], Over::Udp) {
                    // A client that is gone needs no answer.
                    let _ = udp.send_to(&answer, client).await;
                }
            }
            Ok((stream, _)) = tcp.accept() => { connections.spawn(speech.clone().speak(stream, shared.clone())); }
            else => return,
        }
    }
}

impl Shared {
    fn respond(&self, message: &[u8], over: Over) -> Option<Vec<u8>> {
        let question = wire::Question::parse(message)?;
        let query = Query { name: question.name.to_ascii_lowercase(), kind: question.kind, over, spelling: question.name.clone() };
        let mut table = self.table.lock().unwrap();
        let (reply, records) = table.answer(&query);
        self.asked.notify_waiters();
        let (ttl, whole) = (table.time_to_live, over != Over::Udp);
        let of = |owner: &str, records: Vec<Record>| -> Vec<(String, Record)> {
            records.into_iter().filter(|record| fits(record, query.kind)).map(|record| (owner.to_owned(), record)).collect()
        };
        match reply {
            Reply::Records(_) => Some(question.answer(wire::Code::NoError, &records, ttl, whole)),
            Reply::NoSuchName => Some(question.answer(wire::Code::NoSuchName, &records, ttl, whole)),
            Reply::ServerFailure => Some(question.answer(wire::Code::ServerFailure, &records, ttl, whole)),
            Reply::Foreign(owner, records) => Some(question.answer(wire::Code::NoError, &of(&owner, records), ttl, whole)),
            Reply::Forged(records) => {
                let mut message = question.answer(wire::Code::NoError, &of(&query.name, records), ttl, whole);
                message[0] ^= 0xff;
                Some(message)
            }
            Reply::Recased(records) => Some(question.recased(&of(&query.name, records), ttl, whole)),
            Reply::Truncated => (!whole).then(|| question.truncated(ttl)),
            Reply::Silence => None,
        }
    }
}
