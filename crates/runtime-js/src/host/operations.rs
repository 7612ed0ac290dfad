//! Operations: what a guest starts, waits for and takes the results of. Only the two waits park.
//!
//! Nothing may stand after an `.await` here that must happen: a cancelled guest never comes back.

use super::{EGRET, memory};
use crate::ops::Request;
use crate::state::{Run, State};
use bytes::Bytes;
use egret_runtime::NetFailure;
use wasmtime::{Caller, Linker, Result};

const HEAD: i32 = 0;
const BODY: i32 = 1;
const NONE: i32 = -1;
/// The kernel's errors that are remembered; the oldest go first.
const MOST_REJECTIONS: usize = 1024;

pub(super) fn add(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(EGRET, "start", |mut caller: Caller<'_, State>, kind: i32, head: i32, head_len: i32, body: i32, body_len: i32| {
        let (head, body, state) = memory::read_two(&mut caller, (head, head_len), (body, body_len))?;
        Ok::<i32, wasmtime::Error>(state.run().map_or(NONE, |run| start(run, kind, head, body)))
    })?;
    linker.func_wrap_async(EGRET, "wait", |mut caller: Caller<'_, State>, (): ()| {
        Box::new(async move {
            match caller.data_mut().run() {
                Some(run) => run.operations.wait().await.unwrap_or(NONE),
                None => NONE,
            }
        })
    })?;
    linker.func_wrap_async(EGRET, "wait_for", |mut caller: Caller<'_, State>, (id,): (i32,)| {
        Box::new(async move {
            let Some(run) = caller.data_mut().run() else { return NONE };
            if run.operations.wait_for(id).await { 0 } else { NONE }
        })
    })?;
    linker.func_wrap(EGRET, "result", |mut caller: Caller<'_, State>, id: i32, part: i32| {
        let bytes = caller.data_mut().run().and_then(|run| result(run, id, part));
        bytes.map_or(NONE, |bytes| caller.data_mut().announce(bytes))
    })?;
    linker.func_wrap(EGRET, "cancel", |mut caller: Caller<'_, State>, id: i32| {
        if let Some(run) = caller.data_mut().run() {
            run.operations.cancel(id);
        }
    })?;
    Ok(())
}

fn start(run: &mut Run, kind: i32, head: &[u8], body: &[u8]) -> i32 {
    // One byte over the cap is enough to be refused; no more is copied.
    let body = &body[..body.len().min(run.operations.most_body() + 1)];
    run.operations.start(Request::read(kind, head), Bytes::copy_from_slice(body)).unwrap_or(NONE)
}

fn result(run: &mut Run, id: i32, part: i32) -> Option<Bytes> {
    match part {
        HEAD => {
            let (head, rejection) = run.operations.take_head(id)?;
            if let Some(rejection) = rejection {
                let failure = NetFailure { code: rejection.code.to_owned(), retry_after: rejection.retry_after };
                run.rejections.insert(id, failure);
                if run.rejections.len() > MOST_REJECTIONS {
                    run.rejections.pop_first();
                }
            }
            Some(head)
        }
        BODY => run.operations.take_body(id),
        _ => None,
    }
}
