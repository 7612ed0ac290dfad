//! What a guest begins with: the prelude, its modules, the request. Bytes come in two steps (see `guest/host.h`).

use super::{EGRET, memory};
use crate::state::{Role, State};
use bytes::Bytes;
use wasmtime::{Caller, Linker, Result};

const PRELUDE: i32 = 0;
const ENTRY: i32 = 1;
const HEAD: i32 = 2;
const BODY: i32 = 3;
const HASH_KEY: i32 = 4;
/// There is nothing of this kind.
const NONE: i32 = -1;

pub(super) fn add(linker: &mut Linker<State>) -> Result<()> {
    linker.func_wrap(EGRET, "input", |mut caller: Caller<'_, State>, kind: i32| input(caller.data_mut(), kind))?;
    linker.func_wrap(EGRET, "module", |mut caller: Caller<'_, State>, at: i32, len: i32| -> Result<i32> {
        let (name, state) = memory::read(&mut caller, at, len)?;
        Ok(module(state, name))
    })?;
    linker.func_wrap(
        EGRET,
        "importing",
        |mut caller: Caller<'_, State>, base: i32, base_len: i32, name: i32, name_len: i32| -> Result<()> {
            let (base, name, state) = memory::read_two(&mut caller, (base, base_len), (name, name_len))?;
            if let Role::Compile(compiling) = &mut state.role {
                compiling.importing(&String::from_utf8_lossy(base), &String::from_utf8_lossy(name));
            }
            Ok(())
        },
    )?;
    linker.func_wrap(
        EGRET,
        "compiled",
        |mut caller: Caller<'_, State>, name: i32, name_len: i32, code: i32, code_len: i32| -> Result<()> {
            let (name, code, state) = memory::read_two(&mut caller, (name, name_len), (code, code_len))?;
            if let Role::Compile(compiling) = &mut state.role {
                compiling.compiled(&String::from_utf8_lossy(name), Bytes::copy_from_slice(code));
            }
            Ok(())
        },
    )?;
    linker.func_wrap(EGRET, "take", |mut caller: Caller<'_, State>, to: i32| -> Result<()> {
        let bytes = std::mem::take(&mut caller.data_mut().announced);
        memory::write(&mut caller, to, &bytes)
    })?;
    Ok(())
}

fn input(state: &mut State, kind: i32) -> i32 {
    let bytes = match (&mut state.role, kind) {
        (Role::Boot(boot), PRELUDE) => boot.prelude.clone(),
        (Role::Boot(boot), HASH_KEY) => Bytes::copy_from_slice(&boot.hash_key),
        (Role::Compile(compiling), ENTRY) => compiling.entry(),
        (Role::Run(run), ENTRY) => Bytes::copy_from_slice(run.program.entry.as_bytes()),
        (Role::Run(run), HEAD) => std::mem::take(&mut run.head),
        (Role::Run(run), BODY) if !run.body.is_empty() => std::mem::take(&mut run.body),
        (Role::Boot(_) | Role::Compile(_) | Role::Run(_), _) => return NONE,
    };
    state.announce(bytes)
}

/// A module's source while compiling, its bytecode while running.
fn module(state: &mut State, name: &[u8]) -> i32 {
    let name = String::from_utf8_lossy(name);
    let bytes = match &mut state.role {
        Role::Compile(compiling) => compiling.source(&name),
        Role::Run(run) => run.program.modules.get(name.as_ref()).cloned(),
        Role::Boot(_) => None,
    };
    bytes.map_or(NONE, |bytes| state.announce(bytes))
}
