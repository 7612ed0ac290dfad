//! What comes out of a guest: its answer, its failure, its console.

use super::{EGRET, memory};
use crate::console::level;
use crate::ops::{MOST_HEAD, fields};
use crate::state::{Breach, Failed, Role, Run, State};
use bytes::Bytes;
use egret_runtime::{Answer, Limit};
use http::StatusCode;
use wasmtime::{Caller, Linker, Result};

const THROWN: i32 = 0;
const BAD_ANSWER: i32 = 1;
/// Bytes that an error's description may have.
const MOST_WORDS: usize = 64 << 10;

pub(super) fn add(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(
        EGRET,
        "respond",
        |mut caller: Caller<'_, State>, head: i32, head_len: i32, body: i32, body_len: i32| -> Result<()> {
            let (head, body, state) = memory::read_two(&mut caller, (head, head_len), (body, body_len))?;
            state.run().map_or(Ok(()), |run| respond(run, head, body))
        },
    )?;
    linker.func_wrap(EGRET, "fail", |mut caller: Caller<'_, State>, kind: i32, at: i32, len: i32| -> Result<()> {
        let (words, state) = memory::read(&mut caller, at, len)?;
        let words = String::from_utf8_lossy(&words[..words.len().min(MOST_WORDS)]).into_owned();
        fail(state, kind, words);
        Ok(())
    })?;
    linker.func_wrap(EGRET, "log", |mut caller: Caller<'_, State>, number: i32, at: i32, len: i32| -> Result<()> {
        let (text, state) = memory::read(&mut caller, at, len)?;
        if let Some(run) = state.run() {
            run.log.guest(level(number), text);
        }
        Ok(())
    })?;
    Ok(())
}

/// Takes the answer. The first one counts; an answer that is too large ends the guest.
fn respond(run: &mut Run, head: &[u8], body: &[u8]) -> Result<()> {
    if run.answer.is_given() || run.failed.is_some() {
        return Ok(());
    }
    if body.len() > run.answer_body {
        return Err(Breach(Limit::AnswerBody).into());
    }
    match answer(head, Bytes::copy_from_slice(body)) {
        Ok(answer) => run.answer.give(answer),
        Err(why) => run.failed = Some(Failed::BadAnswer(why.to_owned())),
    }
    Ok(())
}

/// `[status, statusText, name, value, ...]`. The status's words are not kept: HTTP/2 has none.
fn answer(head: &[u8], body: Bytes) -> std::result::Result<Answer, &'static str> {
    if head.len() > MOST_HEAD {
        return Err("its head is larger than 256 KiB");
    }
    let mut parts = serde_json::from_slice::<Vec<String>>(head).map_err(|_| "its head is malformed")?.into_iter();
    let status = parts.next().and_then(|status| StatusCode::from_bytes(status.as_bytes()).ok()).ok_or("its status is malformed")?;
    let _words = parts.next();
    let headers = fields(parts).map_err(|_| "a header of it holds characters that cannot be sent")?;
    let mut answer = Answer::new(body);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

fn fail(state: &mut State, kind: i32, words: String) {
    match &mut state.role {
        Role::Boot(boot) => boot.words.push(words),
        Role::Compile(compiling) => compiling.failed(thrown(&words)),
        Role::Run(run) if run.failed.is_none() => {
            run.failed = Some(match kind {
                THROWN => Failed::Thrown(thrown(&words)),
                BAD_ANSWER => Failed::BadAnswer(words),
                _ => Failed::NeverSettles(words),
            });
        }
        Role::Run(_) => {}
    }
}

/// `[name, message, stack, operation]`
fn thrown(json: &str) -> [String; 4] {
    serde_json::from_str(json).unwrap_or_else(|_| ["Error".to_owned(), json.to_owned(), String::new(), String::new()])
}
