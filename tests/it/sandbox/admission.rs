//! What is refused before it ever runs.

use keystead::sandbox::{AdmissionError, Sandbox, Settings};

use super::guest::{VALID, guest};
use super::{session, tight};

fn refusal(bytes: &[u8]) -> AdmissionError {
    refusal_with(&tight(), bytes)
}

fn refusal_with(settings: &Settings, bytes: &[u8]) -> AdmissionError {
    match Sandbox::new(settings).unwrap().compile(bytes) {
        Ok(_) => panic!("the bytes were expected to be refused"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn component_of_the_contract_is_admitted() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest(VALID).keystead().wasi().bytes()).unwrap();
    let run = sandbox.verify(&plugin, session("{}"), super::context()).await;
    assert!(run.result.is_ok(), "{:?}", run.result);
}

#[test]
fn text_format_is_refused() {
    let error = refusal(guest(VALID).text().as_bytes());
    assert_eq!(error, AdmissionError::NotWebAssembly);
    assert!(error.to_string().contains("text format is not accepted"));
}

#[test]
fn core_module_is_refused() {
    assert_eq!(refusal(&wat::parse_str("(module)").unwrap()), AdmissionError::CoreModule);
}

#[test]
fn native_code_is_refused() {
    assert_eq!(refusal(b"\x7fELF\x02\x01\x01\0 and so on"), AdmissionError::Precompiled);
}

#[test]
fn unknown_version_is_refused() {
    assert_eq!(refusal(b"\0asm\x0e\0\x01\0"), AdmissionError::UnknownVersion);
    assert_eq!(refusal(b"\0asm"), AdmissionError::UnknownVersion);
    assert_eq!(refusal(b""), AdmissionError::NotWebAssembly);
}

#[test]
fn truncated_component_is_refused_wherever_it_ends() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    let bytes = guest(VALID).bytes();
    for end in (0..bytes.len()).step_by(7) {
        assert!(sandbox.compile(&bytes[..end]).is_err(), "{end} of {} bytes were admitted", bytes.len());
    }
}

#[test]
fn file_above_the_size_limit_is_refused() {
    let settings = Settings { component_bytes: 64 * 1024, ..tight() };
    let small = guest(VALID).bytes();
    assert!(Sandbox::new(&settings).unwrap().compile(&small).is_ok());
    let mut large = small;
    large.resize(64 * 1024 + 1, 0);
    let expected = AdmissionError::TooLarge { bytes: 65_537, limit: 65_536 };
    assert_eq!(refusal_with(&settings, &large), expected);
}

#[test]
fn all_unknown_imports_are_listed_by_name() {
    let bytes = guest(VALID)
        .import("acme:tools/first@0.1.0", "")
        .import("keystead:plugin/clock@2.0.0", "")
        .import("keystead:plugin/log@1.0.0", r#"(export "read" (func (result string)))"#)
        .import("wasi:cli/stdout@0.3.0", "")
        .bytes();
    let names = [
        "acme:tools/first@0.1.0",
        "keystead:plugin/clock@2.0.0",
        "keystead:plugin/log@1.0.0#read",
        "wasi:cli/stdout@0.3.0",
    ];
    let error = refusal(&bytes);
    assert_eq!(error, AdmissionError::UnknownImports(names.map(str::to_owned).to_vec()));
    assert!(names.iter().all(|name| error.to_string().contains(name)), "{error}");
}

#[test]
fn wasi_http_is_refused_by_name() {
    let bytes = guest(VALID).import("wasi:http/outgoing-handler@0.2.6", "").bytes();
    let sentence = refusal(&bytes).to_string();
    assert!(
        sentence.contains("wasi:http/outgoing-handler is not offered; use keystead:plugin/http"),
        "{sentence}"
    );
}

#[test]
fn wasi_sockets_are_refused_by_name() {
    let bytes = guest(VALID).import("wasi:sockets/tcp@0.2.0", "").bytes();
    let sentence = refusal(&bytes).to_string();
    assert!(sentence.contains("wasi:sockets/tcp@0.2.0"), "{sentence}");
    assert!(sentence.contains("wasi:sockets is not offered"), "{sentence}");
}

#[test]
fn missing_exports_are_listed_by_name() {
    let expected = ["keystead:plugin/verifier@1.0.0#describe", "keystead:plugin/verifier@1.0.0#verify"];
    let empty = wat::parse_str("(component)").unwrap();
    assert_eq!(refusal(&empty), AdmissionError::MissingExports(expected.map(str::to_owned).to_vec()));
    let text = guest(VALID).text().replace(r#"(export "verify" (func $verify)))"#, ")");
    let half = wat::parse_str(text.replace(r#"(export "verify") (param"#, r#"(export "verify" ) (param"#));
    let half = half.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(refusal(&half), AdmissionError::MissingExports(vec![expected[1].to_owned()]));
}

#[test]
fn import_of_another_type_is_refused() {
    let bytes = guest(VALID)
        .import("keystead:plugin/clock@1.0.0", r#"(export "now" (func (result string)))"#)
        .bytes();
    assert!(matches!(refusal(&bytes), AdmissionError::Mismatch(_)));
}

#[test]
fn switched_off_proposals_are_refused() {
    for (name, fields) in [
        ("threads", "(memory $shared 1 1 shared)"),
        ("memory64", "(memory $wide i64 1)"),
        ("multi-memory", "(memory $second 1)"),
        ("tail calls", "(func $tail return_call $tail)"),
        ("exceptions", "(tag $oops)"),
        ("garbage collection", "(type $pair (struct (field i32)))"),
        (
            "relaxed SIMD",
            "(func (param v128 v128 v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2)))",
        ),
        ("custom page sizes", "(memory $bytes 1 (pagesize 1))"),
        (
            "wide arithmetic",
            "(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))",
        ),
    ] {
        let bytes = guest(VALID).with(fields).bytes();
        assert!(matches!(refusal(&bytes), AdmissionError::Invalid(_)), "{name}");
    }
}

#[test]
fn component_that_can_never_fit_is_refused() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    assert!(sandbox.compile(&guest(VALID).memory("16").bytes()).is_ok());
    let tables = "(table 1 funcref)".repeat(17);
    for (guest, setting) in [
        (guest(VALID).memory("17"), "`memory_bytes`"),
        (guest(VALID).table("100001"), "`table_elements`"),
        (guest(VALID).with(&tables), "`tables`"),
    ] {
        let error = refusal(&guest.bytes());
        assert!(matches!(&error, AdmissionError::TooBig(sentence) if sentence.contains(setting)), "{error}");
    }
    for (count, module, setting) in
        [(4, "(core module $m (memory 1))", "`memories`"), (63, "(core module $m)", "`instances`")]
    {
        let modules = format!("{module}{}", "(core instance (instantiate $m))".repeat(count));
        let text = guest(VALID).text().replace("(component $C", &format!("(component $C {modules}"));
        let error = refusal(&wat::parse_str(text).unwrap());
        assert!(matches!(&error, AdmissionError::TooBig(sentence) if sentence.contains(setting)), "{error}");
    }
}
