//! The guest's memory. Every range that a guest names is checked here; a wrong one ends it, for our own shim never
//! gives one.

use crate::state::State;
use wasmtime::{Caller, Memory, Result, bail};

fn memory(caller: &mut Caller<'_, State>) -> Result<Memory> {
    match caller.get_export("memory").and_then(wasmtime::Extern::into_memory) {
        Some(memory) => Ok(memory),
        None => bail!("the guest has no memory"),
    }
}

/// The bytes of a range, and the state beside them.
pub(super) fn read<'a>(caller: &'a mut Caller<'_, State>, at: i32, len: i32) -> Result<(&'a [u8], &'a mut State)> {
    let memory = memory(caller)?;
    let (bytes, state) = memory.data_and_store_mut(caller);
    Ok((range(bytes, at, len)?, state))
}

/// Two ranges at once.
pub(super) fn read_two<'a>(
    caller: &'a mut Caller<'_, State>,
    first: (i32, i32),
    second: (i32, i32),
) -> Result<(&'a [u8], &'a [u8], &'a mut State)> {
    let memory = memory(caller)?;
    let (bytes, state) = memory.data_and_store_mut(caller);
    let bytes: &[u8] = bytes;
    Ok((range(bytes, first.0, first.1)?, range(bytes, second.0, second.1)?, state))
}

/// Writes bytes to a place.
pub(super) fn write(caller: &mut Caller<'_, State>, at: i32, bytes: &[u8]) -> Result<()> {
    let memory = memory(caller)?;
    // Addresses are unsigned; the i32 is only how wasm spells them.
    memory.write(caller, at.cast_unsigned() as usize, bytes)?;
    Ok(())
}

fn range(bytes: &[u8], at: i32, len: i32) -> Result<&[u8]> {
    let (at, len) = (at.cast_unsigned() as usize, len.cast_unsigned() as usize);
    match at.checked_add(len).and_then(|end| bytes.get(at..end)) {
        Some(range) => Ok(range),
        None => bail!("the guest named memory that it does not have"),
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_outside_the_memory_are_refused() {
        let bytes = [1, 2, 3];
        assert_eq!(range(&bytes, 1, 2).unwrap(), [2, 3]);
        assert_eq!(range(&bytes, 3, 0).unwrap(), [0_u8; 0]);
        for (at, len) in [(0, 4), (3, 1), (-1, 1), (0, -1), (-1, -1), (i32::MAX, i32::MAX), (4, 0)] {
            assert!(range(&bytes, at, len).is_err(), "{at} {len}");
        }
    }
}
