//! What guests return: good verdicts, long ones, and values that are none.

use keystead::domain::descriptor::MAX_BYTES;
use keystead::domain::verdict::{FailureKind, Verdict};
use keystead::sandbox::Sandbox;

use super::guest::{VALID, guest};
use super::{assert_kind, failure, run, session, tight};

/// A verdict at 1024: `tag`, then 32-bit words from offset 8 on.
fn verdict(tag: u8, words: &[u32]) -> String {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    let text: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
    format!(r#"(data (i32.const 1024) "\{tag:02x}") (data (i32.const 1032) "{text}")"#)
}

#[tokio::test]
async fn rejection_is_read() {
    let fields = verdict(1, &[2048, 7, 2060, 5, 1, 2070, 7, 0, 0])
        + r#"(data (i32.const 2048) "expired") (data (i32.const 2060) "an\n\1b[") (data (i32.const 2070) "/apiKey")"#;
    match run(&tight(), &guest(VALID).with(&fields)).await.result {
        Ok(Verdict::Invalid(rejection)) => {
            assert_eq!(rejection.reason, "expired");
            assert_eq!(rejection.message, r"an\n\u{1b}[");
            assert_eq!(rejection.field.as_deref(), Some("/apiKey"));
        }
        other => panic!("expected a rejection, got {other:?}"),
    }
}

#[tokio::test]
async fn unknown_reason_and_bad_pointer_are_dropped() {
    let fields = verdict(1, &[2048, 3, 2048, 3, 1, 2048, 3, 0, 0]) + r#"(data (i32.const 2048) "odd")"#;
    match run(&tight(), &guest(VALID).with(&fields)).await.result {
        Ok(Verdict::Invalid(rejection)) => {
            assert_eq!(rejection.reason, "rejected");
            assert_eq!(rejection.field, None);
        }
        other => panic!("expected a rejection, got {other:?}"),
    }
}

#[tokio::test]
async fn doubt_is_read_with_long_text_cut_and_long_list_shortened() {
    // The message is 5,000 times `a`; the list has 100 pairs of empty texts.
    let fields = verdict(2, &[2048, 12, 20_000, 5_000, 1, 30, 40_000, 100])
        + r#"(data (i32.const 2048) "rate-limited")"#;
    let body = "(memory.fill (i32.const 20000) (i32.const 97) (i32.const 5000)) i32.const 1024";
    match run(&tight(), &guest(body).with(&fields)).await.result {
        Ok(Verdict::Undecided(doubt)) => {
            assert_eq!(doubt.reason, "rate-limited");
            assert_eq!(doubt.message, "a".repeat(1024));
            assert_eq!(doubt.retry_after, Some(30));
            assert_eq!(doubt.extra.len(), 64);
        }
        other => panic!("expected a doubt, got {other:?}"),
    }
}

#[tokio::test]
async fn values_that_are_none_are_bad_output() {
    for (what, fields) in [
        ("unknown case", verdict(3, &[])),
        ("text that is not UTF-8", verdict(1, &[2048, 2, 0, 0]) + r#"(data (i32.const 2048) "\ff\fe")"#),
        ("text beyond memory", verdict(1, &[0xffff_fff0, 16, 0, 0])),
        ("text of 4 GiB", verdict(1, &[8, 0xffff_ffff, 0, 0])),
        ("list beyond memory", verdict(0, &[0, 0, 0, 0, 0, 0xffff_fff0, 9])),
        ("list of 2^31 entries", verdict(0, &[0, 0, 0, 0, 0, 8, 0x7fff_ffff])),
        ("unaligned list", verdict(0, &[0, 0, 0, 0, 0, 9, 1])),
        ("unknown option", verdict(0, &[9])),
    ] {
        let failure = failure(&tight(), &guest(VALID).with(&fields)).await;
        assert_kind(&failure, FailureKind::BadOutput);
        assert!(!failure.detail.contains("0x"), "{what}: {}", failure.detail);
    }
}

#[tokio::test]
async fn result_at_a_bad_address_is_bad_output() {
    for address in ["i32.const -8", "i32.const 1025", "i32.const 131070"] {
        assert_kind(&failure(&tight(), &guest(address)).await, FailureKind::BadOutput);
    }
}

#[tokio::test]
async fn huge_result_is_refused_by_the_hostcall_fuel() {
    let settings = keystead::sandbox::Settings { hostcall_fuel: 65_536, ..tight() };
    let fields = verdict(1, &[2048, 900_000, 0, 0]);
    let guest = guest(VALID).memory("16").with(&fields);
    assert_kind(&failure(&settings, &guest).await, FailureKind::CallLimit);
}

#[tokio::test]
async fn descriptor_is_read_up_to_its_limit() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    // Pointer 131,072, then the length; memory there is zero, which is text.
    for (length, is_ok) in [(MAX_BYTES, true), (MAX_BYTES + 1, false)] {
        let length: String =
            (length as u32).to_le_bytes().iter().map(|byte| format!("\\{byte:02x}")).collect();
        let data = format!(r#"(data (i32.const 512) "\00\00\02\00{length}")"#);
        let plugin = sandbox.compile(&guest(VALID).memory("16").with(&data).bytes()).unwrap();
        match sandbox.describe(&plugin).await {
            Ok(text) => assert!(is_ok && text.len() == MAX_BYTES),
            Err(failure) => {
                assert!(!is_ok);
                assert_kind(&failure, FailureKind::BadOutput);
            }
        }
    }
}

#[tokio::test]
async fn credential_reaches_the_guest() {
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest("(call $report (i64.extend_i32_u (local.get 1)))").bytes()).unwrap();
    let session = session(r#"{"user":"mara"}"#);
    let length = session.credential().len() as u64;
    assert_eq!(super::reported(sandbox.verify(&plugin, session, super::context()).await), length);
}

/// The address and length of the credential, stored as the text of the verdict at that offset.
fn echo(at: u32) -> String {
    format!("(i32.store (i32.const {at}) (local.get 0)) (i32.store (i32.const {}) (local.get 1))", at + 4)
}

#[tokio::test]
async fn sealed_tokens_are_scrubbed_from_verdict_and_log() {
    // Echoes the whole credential, tokens included: as message, as log line, as standard output.
    let body = format!(
        "{} (call $write (i32.const 1) (local.get 0) (local.get 1))
         (call $print (call $stdout) (local.get 0) (local.get 1) (i32.const 4096)) i32.const 1024",
        echo(1040)
    );
    let guest = guest(&body).keystead().wasi().with(&verdict(1, &[]));
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest.bytes()).unwrap();
    let session = session(r#"{"user":"mara","apiKey":"a-secret-of-some-length"}"#);
    let token = serde_json::from_str::<serde_json::Value>(session.credential()).unwrap()["apiKey"].clone();
    let token = token.as_str().unwrap().to_owned();
    let run = sandbox.verify(&plugin, session, super::context()).await;
    let Ok(Verdict::Invalid(rejection)) = run.result else { panic!("{:?}", run.result) };
    assert!(!rejection.message.is_empty() && !rejection.message.contains(&token), "{}", rejection.message);
    assert_eq!(run.log.len(), 2);
    for line in run.log {
        assert!(!line.text.is_empty() && !line.text.contains(&token), "{}", line.text);
    }
}

const REPLACED: &str = "(withheld: the text held a secret or a sealed token)";

/// A verdict of that tag whose texts all are the credential, token included; `stores` put them at their offsets.
async fn talkative(tag: u8, stores: &[(&str, u32)]) -> Verdict {
    let mut body = String::from(
        "(local $i i32)
        (loop $again
          (i32.store (i32.add (i32.const 4096) (local.get $i)) (local.get 0))
          (i32.store (i32.add (i32.const 4100) (local.get $i)) (local.get 1))
          (local.set $i (i32.add (local.get $i) (i32.const 8)))
          (br_if $again (i32.lt_u (local.get $i) (i32.const 1600))))
        (i32.store8 (i32.const 8192) (i32.const 47))
        (memory.copy (i32.const 8193) (local.get 0) (local.get 1))",
    );
    for (what, at) in stores {
        body.push_str(&match *what {
            "text" => echo(*at),
            "list" => format!("(i32.store (i32.const {at}) (i32.const 4096)) (i32.store (i32.const {}) (i32.const 100))", at + 4),
            "pointer" => format!(
                "(i32.store (i32.const {at}) (i32.const 8192))
                 (i32.store (i32.const {}) (i32.add (local.get 1) (i32.const 1)))",
                at + 4
            ),
            _ => format!("(i32.store8 (i32.const {at}) (i32.const 1))"),
        });
    }
    let guest = guest(&format!("{body} i32.const 1024")).with(&verdict(tag, &[]));
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest.bytes()).unwrap();
    let session = session(r#"{"user":"mara","apiKey":"a-secret-of-some-length"}"#);
    sandbox.verify(&plugin, session, super::context()).await.result.unwrap()
}

fn assert_replaced_pairs(extra: &[(String, String)]) {
    assert_eq!(extra.len(), 64);
    for (name, value) in extra {
        assert_eq!([name, value], [REPLACED, REPLACED]);
    }
}

#[tokio::test]
async fn every_text_of_every_verdict_is_scrubbed_and_every_list_is_bounded() {
    let stores = [("some", 1032), ("text", 1036), ("text", 1044), ("list", 1052), ("list", 1060), ("list", 1088)];
    let Verdict::Valid(acceptance) = talkative(0, &stores).await else { panic!("not valid") };
    let account = acceptance.account.unwrap();
    assert_eq!([account.id, account.label], [REPLACED, REPLACED]);
    assert_eq!(acceptance.scopes, [REPLACED; 64]);
    assert_eq!(acceptance.missing_scopes, [REPLACED; 64]);
    assert_replaced_pairs(&acceptance.extra);

    let stores = [("text", 1032), ("text", 1040), ("some", 1048), ("pointer", 1052), ("list", 1060)];
    let Verdict::Invalid(rejection) = talkative(1, &stores).await else { panic!("not invalid") };
    assert_eq!((rejection.reason.as_str(), rejection.message.as_str()), ("rejected", REPLACED));
    assert_eq!(rejection.field, None);
    assert_replaced_pairs(&rejection.extra);

    let stores = [("text", 1032), ("text", 1040), ("list", 1056)];
    let Verdict::Undecided(doubt) = talkative(2, &stores).await else { panic!("not undecided") };
    assert_eq!((doubt.reason.as_str(), doubt.message.as_str()), ("provider-error", REPLACED));
    assert_replaced_pairs(&doubt.extra);
}

#[tokio::test]
async fn a_secret_that_appears_only_when_control_characters_are_escaped_is_scrubbed() {
    let guest = guest("(call $write (i32.const 1) (i32.const 2048) (i32.const 15)) i32.const 1024")
        .keystead()
        .with(r#"(data (i32.const 2048) "tail\0aof-secret1")"#);
    let sandbox = Sandbox::new(&tight()).unwrap();
    let plugin = sandbox.compile(&guest.bytes()).unwrap();
    let session = session(r#"{"user":"mara","apiKey":"tail\\nof-secret1"}"#);
    let run = sandbox.verify(&plugin, session, super::context()).await;
    assert_eq!(run.log[0].text, REPLACED);
}
