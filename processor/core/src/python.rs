//! The boundary to Python: bytes in, bytes out, the GIL released, no panic across it.

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::engine;
use crate::record::Signal;
use crate::room::Room;
use crate::settings::{Policy, Settings};
use crate::walk::{Payload, Processed, roll_back};

/// Bytes of a payload from which on it is spliced without the GIL: 50 µs, what taking the GIL back may cost.
const LARGE: usize = 1 << 20;

/// A panic, which no input should cause, becomes an error of this one call.
fn caught<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the core failed on this input, which is a bug".to_owned()))
}

/// Runs without the GIL.
fn detached<T: Send>(py: Python<'_>, work: impl FnOnce() -> Result<T, String> + Send) -> PyResult<T> {
    py.detach(|| caught(work)).map_err(PyValueError::new_err)
}

/// An object of so many bytes, all of which `write` writes. They are not made zero before, which would cost a fifth of
/// writing them.
fn bytes_of(
    py: Python<'_>,
    length: usize,
    write: impl FnOnce(&mut Room<'_>) -> PyResult<()>,
) -> PyResult<Bound<'_, PyBytes>> {
    #![expect(unsafe_code, reason = "the library makes them zero")]
    let size = ffi::Py_ssize_t::try_from(length)?;
    // SAFETY: given no bytes to copy, Python makes an object of that size, or null with an error set, as is said of it.
    let made = unsafe { Bound::from_owned_ptr_or_err(py, ffi::PyBytes_FromStringAndSize(std::ptr::null(), size))? };
    let made = made.cast_into::<PyBytes>()?;
    // SAFETY: the object has so many bytes, which as `MaybeUninit` need no value. It was just made, so nobody else looks at
    // them (only the one of no bytes is shared), and it outlives the room.
    let memory = unsafe {
        std::slice::from_raw_parts_mut(ffi::PyBytes_AsString(made.as_ptr()).cast::<MaybeUninit<u8>>(), length)
    };
    let mut room = Room::new(memory);
    write(&mut room)?;
    if !room.is_full() {
        return Err(PyValueError::new_err("the core wrote less than it said, which is a bug"));
    }
    Ok(made)
}

/// What is left to forward of a request.
fn forwarded(payload: &Payload, request: &Bound<'_, PyBytes>) -> PyResult<Option<Py<PyBytes>>> {
    let edits = match payload {
        Payload::Nothing => return Ok(None),
        Payload::Same => return Ok(Some(request.clone().unbind())),
        Payload::Changed(edits) => edits,
    };
    let (py, bytes) = (request.py(), request.as_bytes());
    let length = caught(|| Ok(edits.length(bytes))).map_err(PyValueError::new_err)?;
    let write = |out: &mut Room<'_>| {
        let splice = || {
            edits.apply(bytes, out);
            Ok(())
        };
        if length < LARGE {
            caught(splice).map_err(PyValueError::new_err)
        } else {
            // Nobody else can have the new object yet, so this thread alone writes into it.
            detached(py, splice)
        }
    };
    Ok(Some(bytes_of(py, length, write)?.unbind()))
}

fn signal(number: u8) -> PyResult<Signal> {
    Signal::new(number)
        .ok_or_else(|| PyValueError::new_err(format!("signal {number}: use 0 (logs), 1 (metrics) or 2 (spans)")))
}

#[pyclass(frozen, module = "sluice._core")]
struct Engine {
    core: Arc<engine::Engine>,
}

#[pymethods]
impl Engine {
    #[new]
    fn new(settings: &[u8]) -> PyResult<Self> {
        let settings: Settings =
            serde_json::from_slice(settings).map_err(|error| PyValueError::new_err(format!("settings: {error}")))?;
        Ok(Self { core: Arc::new(engine::Engine::new(settings).map_err(PyValueError::new_err)?) })
    }

    #[getter]
    fn ruleset(&self) -> &str {
        &self.core.ruleset
    }

    fn configure(&self, py: Python<'_>, policy: &[u8]) -> PyResult<()> {
        detached(py, || {
            let policy: Policy = serde_json::from_slice(policy).map_err(|error| format!("policy: {error}"))?;
            self.core.configure(policy)
        })
    }

    #[pyo3(name = "process")]
    fn process(&self, py: Python<'_>, signal: u8, request: &Bound<'_, PyBytes>) -> PyResult<Outcome> {
        let kind = self::signal(signal)?;
        let bytes = request.as_bytes();
        let processed = detached(py, || {
            // No input should make the core fail; if one does, its records pass.
            catch_unwind(AssertUnwindSafe(|| self.core.process(kind, bytes)))
                .unwrap_or_else(|_| self.core.pass(kind, bytes))
                .map_err(|error| format!("malformed {}: {error}", kind.name()))
        })?;
        // Made before its payload: one that is not finished gives back what the request took of limits.
        let mut outcome = Outcome {
            payload: None,
            received: processed.received,
            dropped: processed.dropped,
            tagged: processed.tagged,
            items_received: processed.items_received,
            items_dropped: processed.items_dropped,
            core: Arc::clone(&self.core),
            request: request.clone().unbind(),
            processed,
            committed: AtomicBool::new(false),
        };
        outcome.payload = forwarded(&outcome.processed.payload, request)?;
        Ok(outcome)
    }

    fn apply(&self, py: Python<'_>, decisions: &[u8]) -> PyResult<usize> {
        detached(py, || self.core.apply(decisions))
    }

    fn forget(&self, py: Python<'_>, fingerprints: &[u8]) -> PyResult<usize> {
        detached(py, || self.core.forget(fingerprints))
    }

    fn reopen(&self, py: Python<'_>, fingerprints: &[u8]) -> PyResult<usize> {
        detached(py, || self.core.reopen(fingerprints))
    }

    fn look(&self, py: Python<'_>, fingerprints: &[u8]) -> PyResult<usize> {
        detached(py, || self.core.look(fingerprints))
    }

    fn rekey<'py>(&self, py: Python<'py>, types: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, detached(py, || self.core.rekey(types))?.as_bytes()))
    }

    fn covering<'py>(&self, py: Python<'py>, types: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, detached(py, || self.core.covering(types))?.as_bytes()))
    }

    fn drain_volumes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, detached(py, || Ok(self.core.drain_volumes()))?.as_bytes()))
    }

    fn types<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, detached(py, || Ok(self.core.types()))?.as_bytes()))
    }
}

#[pyclass(frozen, module = "sluice._core")]
struct Outcome {
    #[pyo3(get)]
    payload: Option<Py<PyBytes>>,
    #[pyo3(get)]
    received: u64,
    #[pyo3(get)]
    dropped: u64,
    #[pyo3(get)]
    tagged: u64,
    #[pyo3(get)]
    items_received: u64,
    #[pyo3(get)]
    items_dropped: u64,
    core: Arc<engine::Engine>,
    request: Py<PyBytes>,
    processed: Processed,
    committed: AtomicBool,
}

#[pymethods]
impl Outcome {
    fn commit<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyBytes>>> {
        if self.committed.swap(true, Ordering::AcqRel) {
            return Ok(None);
        }
        let request = self.request.bind(py).as_bytes();
        let evidence = detached(py, || Ok(self.core.commit(request, &self.processed)))?;
        Ok(evidence.map(|json| PyBytes::new(py, json.as_bytes())))
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if !self.committed.load(Ordering::Acquire) {
            roll_back(&self.processed);
        }
    }
}

#[pyfunction]
fn transcode<'py>(py: Python<'py>, signal: u8, json: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let kind = self::signal(signal)?;
    Ok(PyBytes::new(py, &detached(py, || crate::json::transcode(kind as u8, json))?))
}

#[pyfunction]
fn shapes<'py>(py: Python<'py>, settings: &[u8], text: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let json = detached(py, || {
        let settings: Settings = serde_json::from_slice(settings).map_err(|error| format!("settings: {error}"))?;
        let masks = settings.compile()?;
        let rows = crate::shapes::of(&masks, text);
        serde_json::to_string(&rows).map_err(|error| error.to_string())
    })?;
    Ok(PyBytes::new(py, json.as_bytes()))
}

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::{Engine, Outcome, shapes, transcode};
}
