//! What an ended invocation comes to: why there is no answer, or that it was given. The only place that decides it.

use crate::Level;
use crate::isolate::Outcome;
use crate::state::{Breach, Failed, Role, Run, State};
use egret_runtime::{Failure, Limit, Limits, NetFailure, Thrown};
use wasmtime::{PoolConcurrencyLimitError, Trap};

/// What an uncaught lack of memory says: the engine's error; `null`, when there was no room for that; and our shim's words,
/// when there was none for describing it.
const OUT_OF_MEMORY: [&str; 3] = ["out of memory", "thrown: null", "an error that cannot be described"];

/// Judges an end. An answer that was given stays given, whatever happened to the work after it.
pub(crate) fn of(state: State, outcome: Outcome, limits: &Limits) -> Result<(), Failure> {
    let heap_refused = state.heap.refused;
    let Role::Run(mut run) = state.role else { return Err(Failure::Engine("not an invocation".to_owned())) };
    if !run.answer.is_given() {
        return Err(failure(&mut run, outcome, heap_refused, limits));
    }
    if !matches!(outcome, Outcome::Returned(0)) {
        let failure = failure(&mut run, outcome, heap_refused, limits);
        run.log.line(Level::Error, &format!("the work after the answer was ended: {failure}"));
    }
    Ok(())
}

fn failure(run: &mut Run, outcome: Outcome, heap_refused: bool, limits: &Limits) -> Failure {
    match (outcome, run.failed.take()) {
        (Outcome::TooLate, _) => breach(Limit::Wall, limits),
        (Outcome::Ended(error), _) => ended(&error, heap_refused, limits),
        (Outcome::Returned(_), Some(Failed::Thrown(thrown))) => uncaught(run, thrown, heap_refused, limits),
        (Outcome::Returned(_), Some(Failed::BadAnswer(why))) => Failure::BadAnswer(why),
        (Outcome::Returned(_), Some(Failed::NeverSettles(what))) => {
            Failure::BadAnswer(format!("{what} can never settle: it waits for nothing that is still under way"))
        }
        (Outcome::Returned(_), None) => Failure::Engine("the guest ended without a word".to_owned()),
    }
}

fn ended(error: &wasmtime::Error, heap_refused: bool, limits: &Limits) -> Failure {
    if let Some(Breach(limit)) = error.downcast_ref() {
        return breach(*limit, limits);
    }
    if error.is::<PoolConcurrencyLimitError>() {
        return breach(Limit::Isolates, limits);
    }
    match error.downcast_ref::<Trap>() {
        // The engine's C stack lies at the bottom of memory: what runs over it leaves memory.
        Some(Trap::StackOverflow | Trap::MemoryOutOfBounds) => breach(Limit::Stack, limits),
        Some(_) | None if heap_refused => breach(Limit::Heap, limits),
        Some(_) | None => Failure::Engine(format!("{:#}", error.root_cause())),
    }
}

fn uncaught(run: &Run, [name, message, stack, operation]: [String; 4], heap_refused: bool, limits: &Limits) -> Failure {
    if heap_refused && OUT_OF_MEMORY.contains(&message.as_str()) {
        return breach(Limit::Heap, limits);
    }
    let net: Option<NetFailure> = operation.parse().ok().and_then(|id: i32| run.rejections.get(&id).cloned());
    Failure::Thrown(Thrown { name, message, stack, net })
}

/// The failure that names a limit and its value.
pub(crate) fn breach(limit: Limit, limits: &Limits) -> Failure {
    let detail = match limit {
        Limit::Wall => format!("{:?} from the request to the answer", limits.wall),
        Limit::Cpu => format!("{:?} of CPU time", limits.cpu),
        Limit::Heap => format!("{} of memory", bytes(limits.heap)),
        Limit::Stack => "the engine's stack".to_owned(),
        Limit::AnswerBody => format!("{} of an answer's body", bytes(limits.answer_body)),
        Limit::Isolates => "all slots for running functions are taken".to_owned(),
    };
    Failure::Limit { limit, detail }
}

fn bytes(count: usize) -> String {
    const MIB: usize = 1 << 20;
    if count.is_multiple_of(MIB) { format!("{} MiB", count / MIB) } else { format!("{count} bytes") }
}
