//! What a file must be before it may run: a component that fits the limits, imports only what is
//! offered, and exports the verifier.

use std::panic::{AssertUnwindSafe, catch_unwind};

use wasmtime::Engine;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker};

use super::bindings::PluginPre;
use super::settings::Settings;
use super::state::State;
use super::text::{cut, escape};
use super::wasi;

/// Interfaces of the contract that are offered, with their functions.
const OFFERED: &[(&str, &[&str])] = &[
    ("keystead:plugin/types", &[]),
    ("keystead:plugin/http", &["send"]),
    ("keystead:plugin/clock", &["now"]),
    ("keystead:plugin/random", &["bytes"]),
    ("keystead:plugin/log", &["write"]),
];

/// The interface that every plugin exports, and its functions.
const VERIFIER: &str = "keystead:plugin/verifier@1.0.0";
const EXPORTS: &[&str] = &["describe", "verify"];

/// `\0asm`, then a version and a layer: 1, 0 is a core module, 13, 1 a component.
const MAGIC: &[u8] = b"\0asm";
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const MODULE: &[u8] = b"\0asm\x01\0\0\0";
const NATIVE: &[u8] = b"\x7fELF";

/// A page of linear memory, bytes.
const PAGE: u64 = 65_536;

/// Names that one refusal lists, and bytes of the engine's own explanation.
const NAMES: usize = 100;
const EXPLANATION: usize = 1_024;

/// Why a file is not admitted as a plugin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdmissionError {
    /// Larger than `component_bytes`.
    #[error("the file has {bytes} bytes, but a component may have at most {limit} (`component_bytes`)")]
    TooLarge { bytes: u64, limit: u64 },
    /// Something else, for example WebAssembly's text format.
    #[error(
        "the file is no WebAssembly component: it does not begin with `\\0asm`. The text format is not accepted"
    )]
    NotWebAssembly,
    /// Code that some wasmtime compiled ahead of time. Running it would mean trusting it.
    #[error(
        "the file is native code (compiled ahead of time); give the WebAssembly component that it was made from"
    )]
    Precompiled,
    /// A module without the component around it.
    #[error(
        "the file is a core module, not a component; link it with `wasm-component-ld` or run `wasm-tools component new`"
    )]
    CoreModule,
    /// Another version or layer of the binary format.
    #[error(
        "the file is WebAssembly of a version that is not known here; only components of version 0x0d, layer 1 are accepted"
    )]
    UnknownVersion,
    /// Truncated, malformed, or using a proposal that is switched off.
    #[error("the component is not valid here: {0}")]
    Invalid(String),
    /// Full names of imports that nothing offers.
    #[error("{}", refuse_imports(.0))]
    UnknownImports(Vec<String>),
    /// Full names of exports that the contract asks for.
    #[error("the component does not export {}; it must implement the world `keystead:plugin/plugin`", .0.join(", "))]
    MissingExports(Vec<String>),
    /// Names fit, types do not.
    #[error("the component's imports or exports have other types than the contract: {0}")]
    Mismatch(String),
    /// It could never be instantiated within the limits; the sentence names number and setting.
    #[error("the component can never run within the limits: {0}")]
    TooBig(String),
}

/// What the pool says of components that cannot fit, and the setting behind it.
const POOL_LIMITS: &[(&str, &str)] = &[
    ("minimum byte size", "memory_bytes"),
    ("minimum element size", "table_elements"),
    ("memories", "memories"),
    ("tables", "tables"),
    ("core module instances", "instances"),
];

/// Compiles the bytes and resolves imports and exports.
pub(super) fn admit(
    engine: &Engine,
    linker: &Linker<State>,
    settings: &Settings,
    bytes: &[u8],
) -> Result<PluginPre<State>, AdmissionError> {
    check_form(settings, bytes)?;
    let component = compile(engine, bytes)?;
    check_imports(engine, &component)?;
    check_exports(engine, &component)?;
    check_size(settings, &component)?;
    let mismatch = |error: wasmtime::Error| AdmissionError::Mismatch(explain(&error));
    let pre = linker.instantiate_pre(&component).map_err(mismatch)?;
    PluginPre::new(pre).map_err(mismatch)
}

fn check_form(settings: &Settings, bytes: &[u8]) -> Result<(), AdmissionError> {
    let length = bytes.len() as u64;
    if length > settings.component_bytes {
        return Err(AdmissionError::TooLarge { bytes: length, limit: settings.component_bytes });
    }
    if bytes.starts_with(COMPONENT) {
        Ok(())
    } else if bytes.starts_with(MODULE) {
        Err(AdmissionError::CoreModule)
    } else if bytes.starts_with(NATIVE) {
        Err(AdmissionError::Precompiled)
    } else if bytes.starts_with(MAGIC) {
        Err(AdmissionError::UnknownVersion)
    } else {
        Err(AdmissionError::NotWebAssembly)
    }
}

fn compile(engine: &Engine, bytes: &[u8]) -> Result<Component, AdmissionError> {
    // The compiler works on bytes of strangers; a panic in it must not take more than this file down.
    match catch_unwind(AssertUnwindSafe(|| Component::from_binary(engine, bytes))) {
        Ok(Ok(component)) => Ok(component),
        Ok(Err(error)) => Err(refuse_compilation(&error)),
        Err(_) => Err(AdmissionError::Invalid("the compiler gave up on it".to_owned())),
    }
}

fn refuse_compilation(error: &wasmtime::Error) -> AdmissionError {
    // The pool checks sizes at compilation. It has no type for that; `check_size` and the limiter stand behind it.
    let cause = error.root_cause().to_string();
    let is_size = cause.contains("exceeds the ");
    match POOL_LIMITS.iter().find(|(text, _)| is_size && cause.contains(text)) {
        Some((_, setting)) => AdmissionError::TooBig(format!("{} (`{setting}`)", shorten(&cause))),
        None => AdmissionError::Invalid(explain(error)),
    }
}

fn check_imports(engine: &Engine, component: &Component) -> Result<(), AdmissionError> {
    let mut unknown = Vec::new();
    for (name, import) in component.component_type().imports(engine) {
        let interface = offered_interface(name);
        let functions = OFFERED.iter().find(|(offered, _)| Some(*offered) == interface);
        match (functions, import.ty) {
            (Some((_, functions)), ComponentItem::ComponentInstance(instance)) => {
                let asked = instance.exports(engine);
                let funcs = asked.filter(|(_, export)| matches!(export.ty, ComponentItem::ComponentFunc(_)));
                let others = funcs.filter(|(function, _)| !functions.contains(function));
                unknown.extend(others.map(|(function, _)| format!("{name}#{function}")));
            }
            _ if interface.is_some_and(|interface| wasi::OFFERED.contains(&interface)) => {}
            _ => unknown.push(escape(name)),
        }
    }
    if unknown.is_empty() { Ok(()) } else { Err(AdmissionError::UnknownImports(unknown)) }
}

/// The import's name without its version, where the version is compatible with what is offered.
fn offered_interface(name: &str) -> Option<&str> {
    let (interface, version) = name.split_once('@')?;
    let compatible = match interface.split(':').next()? {
        "keystead" => version.starts_with("1."),
        "wasi" => version.starts_with("0.2."),
        _ => false,
    };
    compatible.then_some(interface)
}

fn check_exports(engine: &Engine, component: &Component) -> Result<(), AdmissionError> {
    let exports = component.component_type();
    let verifier = exports.get_export(engine, VERIFIER).map(|export| export.ty);
    let missing: Vec<String> = EXPORTS
        .iter()
        .filter(|function| match &verifier {
            Some(ComponentItem::ComponentInstance(instance)) => {
                let export = instance.get_export(engine, function).map(|export| export.ty);
                !matches!(export, Some(ComponentItem::ComponentFunc(_)))
            }
            _ => true,
        })
        .map(|function| format!("{VERIFIER}#{function}"))
        .collect();
    if missing.is_empty() { Ok(()) } else { Err(AdmissionError::MissingExports(missing)) }
}

fn check_size(settings: &Settings, component: &Component) -> Result<(), AdmissionError> {
    let Some(needs) = component.resources_required() else {
        let sentence = "it imports modules or components";
        return Err(AdmissionError::Invalid(sentence.to_owned()));
    };
    let check = |what: &str, needed: u64, limit: u64, setting: &str| {
        if needed > limit {
            let sentence = format!("it needs {needed} {what}, but may have at most {limit} (`{setting}`)");
            return Err(AdmissionError::TooBig(sentence));
        }
        Ok(())
    };
    let memory = needs.max_initial_memory_size.unwrap_or(0).saturating_mul(PAGE);
    let elements = needs.max_initial_table_size.unwrap_or(0);
    check("memories", needs.num_memories.into(), settings.memories.into(), "memories")?;
    check("tables", needs.num_tables.into(), settings.tables.into(), "tables")?;
    check("bytes of initial memory", memory, settings.memory_bytes, "memory_bytes")?;
    check("initial table elements", elements, settings.table_elements, "table_elements")
}

fn refuse_imports(names: &[String]) -> String {
    let mut sentences = vec![format!("the component imports what is not offered: {}", list(names))];
    if let Some(name) = names.iter().find(|name| name.starts_with("wasi:http/")) {
        let name = name.split('@').next().unwrap_or(name);
        sentences.push(format!("{name} is not offered; use keystead:plugin/http"));
    }
    if names.iter().any(|name| name.starts_with("wasi:sockets/")) {
        let sentence = "wasi:sockets is not offered; plugins reach applications through keystead:plugin/http";
        sentences.push(sentence.to_owned());
    }
    sentences.join(". ")
}

fn list(names: &[String]) -> String {
    let shown = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMES) {
        Some(more) if more > 0 => format!("{shown} and {more} more"),
        _ => shown,
    }
}

fn explain(error: &wasmtime::Error) -> String {
    shorten(&format!("{error:#}"))
}

fn shorten(text: &str) -> String {
    cut(&escape(text), EXPLANATION).to_owned()
}
