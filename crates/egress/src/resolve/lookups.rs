//! Lookups: one a name at a time, however many calls wait for it, and so many names at once.
//!
//! An answer that is kept takes no slot and is given at once, whatever else is being asked. A failure goes to all who
//! waited for it and to nobody after them. A lookup ends with the last call that waits for it.

use super::answers::{Answer, Answers};
use crate::config::{Caps, Dns};
use crate::error::{Phase, Reason};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};
use hickory_resolver::TokioResolver;
use hickory_resolver::lookup_ip::LookupIp;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::RecordType;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

type Resolved = Result<Arc<[IpAddr]>, Reason>;
type Flight = Shared<BoxFuture<'static, Resolved>>;

/// The lookups under way and the answers that are kept.
pub(super) struct Lookups {
    dns: TokioResolver,
    caps: Caps,
    slots: Semaphore,
    book: Mutex<Book>,
}

struct Book {
    answers: Answers,
    /// Weak, so that only the calls that wait keep a lookup going.
    flights: HashMap<Arc<str>, WeakShared<BoxFuture<'static, Resolved>>>,
}

impl Lookups {
    pub fn new(dns: TokioResolver, caps: Caps, bounds: Dns) -> Self {
        let book = Book { answers: Answers::new(bounds), flights: HashMap::new() };
        Self { dns, caps, slots: Semaphore::new(bounds.lookups.min(Semaphore::MAX_PERMITS)), book: Mutex::new(book) }
    }

    /// The addresses of a name: those that are kept, or what the one lookup of it comes to.
    pub async fn addresses(self: &Arc<Self>, name: &str) -> Resolved {
        let flight = {
            let mut book = self.book();
            if let Some(answer) = book.answers.get(name, Instant::now()) {
                return told(name, answer);
            }
            let under_way = book.flights.get(name).and_then(WeakShared::upgrade);
            under_way.unwrap_or_else(|| self.begin(&mut book, name.into()))
        };
        flight.await
    }

    fn begin(self: &Arc<Self>, book: &mut Book, name: Arc<str>) -> Flight {
        let landing = Landing { lookups: Arc::clone(self), name: Arc::clone(&name) };
        let flight = async move { landing.lookups.look_up(&landing.name).await }.boxed().shared();
        book.flights.extend(flight.downgrade().map(|weak| (name, weak)));
        flight
    }

    async fn look_up(&self, name: &Arc<str>) -> Resolved {
        let failed = |words: String| Reason::Resolver(name.to_string(), words);
        let _slot = self.slots.acquire().await.map_err(|closed| failed(closed.to_string()))?;
        // The dot at the end makes the name absolute: no search domain is tried.
        let (answer, life) = match self.dns.lookup_ip(format!("{name}.")).await {
            Ok(lookup) => self.bounded(&lookup).map_err(failed)?,
            Err(NetError::Timeout) => return Err(Reason::Timeout(Phase::Dns)),
            // The library forgets why: refused, unreachable, or a certificate that it did not believe.
            Err(NetError::NoConnections) => return Err(failed("no name server can be reached, or none is authentic".to_owned())),
            Err(error) => (Answer::Nothing, nothing(&error).ok_or_else(|| failed(error.to_string()))?),
        };
        self.book().answers.keep(Arc::clone(name), answer.clone(), life, Instant::now());
        told(name, answer)
    }

    /// The addresses and how long all records that led to them live.
    fn bounded(&self, lookup: &LookupIp) -> Result<(Answer, Duration), String> {
        let records = lookup.as_lookup().answers();
        let addresses: Arc<[IpAddr]> = lookup.iter().collect();
        let aliases = records.iter().filter(|record| record.record_type() == RecordType::CNAME).count();
        if addresses.len() > self.caps.dns_answers || aliases > self.caps.dns_aliases {
            return Err("too many answers or aliases".to_owned());
        }
        let life = records.iter().map(|record| record.ttl).min().unwrap_or(0);
        Ok((Answer::Addresses(addresses), Duration::from_secs(life.into())))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told(name: &str, answer: Answer) -> Resolved {
    match answer {
        Answer::Addresses(addresses) => Ok(addresses),
        Answer::Nothing => Err(Reason::NoSuchName(name.to_owned())),
    }
}

/// How long it stays so that a name does not exist or has no address (RFC 2308, 5); `None` for an error of any other kind.
fn nothing(error: &NetError) -> Option<Duration> {
    let NetError::Dns(DnsError::NoRecordsFound(none)) = error else { return None };
    let said = [ResponseCode::NXDomain, ResponseCode::NoError].contains(&none.response_code);
    said.then(|| Duration::from_secs(none.negative_ttl.unwrap_or(0).into()))
}

/// Takes a lookup off the list when it is over or nobody waits for it any more.
struct Landing {
    lookups: Arc<Lookups>,
    name: Arc<str>,
}

impl Drop for Landing {
    /// One that was abandoned may have been followed by another of the same name, which then loses its place: the next
    /// call asks once more, which is harmless.
    fn drop(&mut self) {
        self.lookups.book().flights.remove(&self.name);
    }
}
