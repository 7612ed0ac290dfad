//! The operations of one invocation: calls, reads of a body, timers. Starting one never blocks; waiting parks the
//! isolate. Everything here ends when it is dropped with its store.

mod head;
#[cfg(test)]
mod tests;
mod timers;

use crate::outbound::{Outbound, Pending, Rejection, Reply, Rest, Unsendable, Who};
use bytes::Bytes;
use egret_runtime::Limits;
use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use timers::Timers;
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use head::HmacHead;
pub(crate) use head::{MOST_HEAD, Request, fields, pairs};

/// Operations that may exist at once, finished ones included that the guest has not looked at.
const MOST_OPERATIONS: usize = 4096;
/// Timers that may be pending at once.
const MOST_TIMERS: usize = 1024;

/// The operations of one invocation.
pub(crate) struct Operations {
    outbound: Arc<dyn Outbound>,
    who: Who,
    io: Handle,
    limits: Limits,
    last: i32,
    /// Bytes left of [`Limits::bytes`], counted as the guest gets them. The kernel counts them as they are on the way; here they lie in
    /// memory. Bodies that are read at the same time may pass it by what open calls may hold; what ends over it is dropped.
    left: u64,
    tasks: JoinSet<(i32, Finished)>,
    timers: Timers,
    table: HashMap<i32, Operation>,
    /// Finished and not yet told to the guest, in the order in which they finished.
    ready: VecDeque<i32>,
}

enum Operation {
    /// A call or the reading of a body, under way.
    Running(AbortHandle),
    Timer,
    Done(Done),
    /// A response whose head was taken and whose body nobody reads yet.
    Held(Box<dyn Rest>),
}

/// What a task ends with.
enum Finished {
    Call(Result<Reply, Rejection>),
    Body(Result<Bytes, Rejection>),
}

/// What the guest may take.
pub(crate) struct Done {
    pub head: Bytes,
    pub body: Bytes,
    pub rejection: Option<Rejection>,
    rest: Option<Box<dyn Rest>>,
}

impl Operations {
    pub fn new(outbound: Arc<dyn Outbound>, who: Who, io: Handle, limits: Limits) -> Self {
        let (tasks, timers) = (JoinSet::new(), Timers::default());
        let (table, ready, left) = (HashMap::new(), VecDeque::new(), limits.bytes);
        Self { outbound, who, io, limits, last: 0, left, tasks, timers, table, ready }
    }

    /// Bytes that the body of a call may have.
    pub const fn most_body(&self) -> usize {
        self.limits.request_body
    }

    /// The invocation whose operations these are.
    #[cfg(test)]
    pub fn invocation(&self) -> &str {
        &self.who.invocation
    }

    /// Starts an operation. `None` when there are too many.
    pub fn start(&mut self, request: Request, body: Bytes) -> Option<i32> {
        if self.table.len() >= MOST_OPERATIONS || self.last == i32::MAX {
            return None;
        }
        let id = self.last + 1;
        let operation = match request {
            Request::Timer(delay) => self.timer(id, delay)?,
            Request::Call(head) => self.call(id, *head, body),
            Request::Unsendable(call) => self.refuse(id, *call, body.len()),
            Request::Body(of) => self.read(id, of),
            Request::Sign(head) => self.sign(id, head, body),
            Request::Verify(head, signature) => self.verify(id, head, signature, body),
            Request::Refused(rejection) => self.at_once(id, Err(rejection)),
        };
        self.last = id;
        self.table.insert(id, operation);
        Some(id)
    }

    fn timer(&mut self, id: i32, delay: Duration) -> Option<Operation> {
        if self.timers.len() >= MOST_TIMERS {
            return None;
        }
        self.timers.add(id, Instant::now() + delay);
        Some(Operation::Timer)
    }

    fn call(&mut self, id: i32, head: head::CallHead, body: Bytes) -> Operation {
        match self.admit(body.len()) {
            Err(rejection) => self.at_once(id, Err(rejection)),
            Ok(()) => {
                self.left -= body.len() as u64;
                let pending = self.outbound.call(self.who.clone(), head.call(body));
                self.spawn(id, async move { Finished::Call(pending.await) })
            }
        }
    }

    /// A call that is refused before it is one: nothing of it is counted, as for all that the policy refuses.
    fn refuse(&mut self, id: i32, call: Unsendable, body: usize) -> Operation {
        let rejection = self.admit(body).err().unwrap_or_else(|| self.outbound.refuse(self.who.clone(), call));
        self.at_once(id, Err(rejection))
    }

    /// What lies in our memory is bounded here. How many calls there are, and how many at once, is the kernel's to count.
    fn admit(&self, body: usize) -> Result<(), Rejection> {
        let request_body = self.limits.request_body;
        if body > request_body {
            return Err(Rejection::new("NET_SIZE", false, format!("the body of a call may have {request_body} bytes")));
        }
        if body as u64 > self.left { Err(self.too_many_bytes()) } else { Ok(()) }
    }

    fn read(&mut self, id: i32, of: i32) -> Operation {
        let cap = self.limits.response_body.min(usize::try_from(self.left).unwrap_or(usize::MAX));
        match self.remove(of) {
            Some(Operation::Held(rest) | Operation::Done(Done { rest: Some(rest), .. })) => {
                if cap == 0 {
                    return self.at_once(id, Err(self.too_many_bytes()));
                }
                let pending: Pending<Bytes> = rest.collect(cap);
                self.spawn(id, async move { Finished::Body(pending.await) })
            }
            Some(Operation::Running(task)) => {
                task.abort();
                self.at_once(id, Err(Rejection::new("NET_ABORTED", false, "the call is not finished")))
            }
            Some(Operation::Done(_) | Operation::Timer) | None => {
                self.at_once(id, Err(Rejection::new("NET_ABORTED", false, "the response is gone")))
            }
        }
    }

    fn sign(&mut self, id: i32, head: HmacHead, data: Bytes) -> Operation {
        let result = self.bound(&data).and_then(|()| self.outbound.sign(&self.who, &head.hmac(data)));
        self.at_once(id, result)
    }

    /// What can be no signature is compared all the same: whether the secret may be used must show as ever.
    fn verify(&mut self, id: i32, head: HmacHead, signature: Option<Vec<u8>>, data: Bytes) -> Operation {
        let signature = signature.unwrap_or_default();
        let result = self.bound(&data).and_then(|()| self.outbound.verify(&self.who, &head.hmac(data), &signature));
        self.at_once(id, result.map(|is_it| Bytes::copy_from_slice(&[u8::from(is_it)])))
    }

    /// Data lie whole in memory, like the body of a call.
    fn bound(&self, data: &Bytes) -> Result<(), Rejection> {
        let most = self.limits.request_body;
        let words = || format!("the data of an HMAC may have {most} bytes");
        if data.len() > most { Err(Rejection::new("NET_SIZE", false, words())) } else { Ok(()) }
    }

    fn too_many_bytes(&self) -> Rejection {
        Rejection::new("NET_SIZE", false, format!("the bodies of all calls of an invocation may have {} bytes together", self.limits.bytes))
    }

    fn spawn(&mut self, id: i32, work: impl Future<Output = Finished> + Send + 'static) -> Operation {
        Operation::Running(self.tasks.spawn_on(async move { (id, work.await) }, &self.io))
    }

    /// An operation that is over before it began.
    fn at_once(&mut self, id: i32, result: Result<Bytes, Rejection>) -> Operation {
        self.ready.push_back(id);
        Operation::Done(Done::body(result))
    }

    /// Parks until any operation is done. `None` when there is none to wait for.
    pub async fn wait(&mut self) -> Option<i32> {
        loop {
            self.collect();
            if let Some(id) = self.next_ready() {
                return Some(id);
            }
            let timer = self.timers.next();
            if self.tasks.is_empty() && timer.is_none() {
                return None;
            }
            self.park(timer).await;
        }
    }

    /// Parks until this call or body is done. False when there is no such operation.
    pub async fn wait_for(&mut self, id: i32) -> bool {
        loop {
            self.collect();
            match self.table.get(&id) {
                Some(Operation::Done(_) | Operation::Held(_)) => {
                    self.ready.retain(|ready| *ready != id);
                    return true;
                }
                Some(Operation::Running(_)) => self.park(None).await,
                Some(Operation::Timer) | None => return false,
            }
        }
    }

    /// Waits until a task ends or the time comes.
    async fn park(&mut self, timer: Option<Instant>) {
        let time = async {
            match timer {
                Some(time) => sleep_until(time).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            Some(ended) = self.tasks.join_next() => {
                self.end(ended);
            }
            () = time => {}
        }
    }

    /// Takes in everything that has ended.
    fn collect(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            self.end(ended);
        }
    }

    /// A task that broke is a rejection of its operation: the guest must not wait for it for ever.
    fn end(&mut self, ended: Result<(i32, Finished), JoinError>) {
        match ended {
            Ok((id, finished)) => {
                let done = self.received(finished);
                self.finish(id, done);
            }
            Err(broken) => {
                let is_its = |operation: &Operation| matches!(operation, Operation::Running(task) if task.id() == broken.id());
                let id = self.table.iter().find(|(_, operation)| is_its(operation)).map(|(id, _)| *id);
                if let Some(id) = id {
                    self.finish(id, Done::rejected(Rejection::new("NET_PROTOCOL", false, "the call broke off inside the runtime")));
                }
            }
        }
    }

    /// Counts what came in.
    fn received(&mut self, finished: Finished) -> Done {
        match finished {
            Finished::Call(result) => Done::call(result),
            Finished::Body(Ok(body)) if body.len() as u64 > self.left => Done::rejected(self.too_many_bytes()),
            Finished::Body(result) => {
                self.left -= result.as_ref().map_or(0, Bytes::len) as u64;
                Done::body(result)
            }
        }
    }

    fn finish(&mut self, id: i32, done: Done) {
        if let Some(operation @ Operation::Running(_)) = self.table.get_mut(&id) {
            *operation = Operation::Done(done);
            self.ready.push_back(id);
        }
    }

    /// What to tell the guest next: what has ended, else the timer whose time has come.
    fn next_ready(&mut self) -> Option<i32> {
        while let Some(id) = self.ready.pop_front() {
            if self.table.contains_key(&id) {
                return Some(id);
            }
        }
        self.timers.due(Instant::now())
    }

    /// The head of what an operation gave. A response's body is from then on held until it is read.
    pub fn take_head(&mut self, id: i32) -> Option<(Bytes, Option<Rejection>)> {
        let Some(Operation::Done(done)) = self.table.get_mut(&id) else { return None };
        let taken = (done.head.clone(), done.rejection.clone());
        if let Some(rest) = done.rest.take() {
            self.table.insert(id, Operation::Held(rest));
        }
        Some(taken)
    }

    /// The body of what an operation gave.
    pub fn take_body(&mut self, id: i32) -> Option<Bytes> {
        let Some(Operation::Done(done)) = self.table.get_mut(&id) else { return None };
        Some(std::mem::take(&mut done.body))
    }

    /// Ends an operation, or forgets one that is over.
    pub fn cancel(&mut self, id: i32) {
        match self.remove(id) {
            Some(Operation::Running(task)) => task.abort(),
            Some(Operation::Timer) => self.timers.remove(id),
            Some(Operation::Done(_) | Operation::Held(_)) | None => {}
        }
    }

    /// Takes an operation out. Nothing is left of it in the queue, which is thus never longer than the table.
    fn remove(&mut self, id: i32) -> Option<Operation> {
        let operation = self.table.remove(&id)?;
        if matches!(operation, Operation::Done(_) | Operation::Held(_)) {
            self.ready.retain(|ready| *ready != id);
        }
        Some(operation)
    }
}

impl Done {
    fn call(result: Result<Reply, Rejection>) -> Self {
        match result {
            Ok(reply) => Self { head: head::of_reply(&reply), body: Bytes::new(), rejection: None, rest: Some(reply.body) },
            Err(rejection) => Self::rejected(rejection),
        }
    }

    fn body(result: Result<Bytes, Rejection>) -> Self {
        match result {
            Ok(body) => Self { head: head::ok(), body, rejection: None, rest: None },
            Err(rejection) => Self::rejected(rejection),
        }
    }

    fn rejected(rejection: Rejection) -> Self {
        Self { head: head::of_rejection(&rejection), body: Bytes::new(), rejection: Some(rejection), rest: None }
    }
}
