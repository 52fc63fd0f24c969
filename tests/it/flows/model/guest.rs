//! Components whose verifiers accept everything without asking anybody: smaller than what a compiler makes.

use serde_json::json;

/// The bytes of a component with this id. Its credentials have one field, no secret; where it needs none, no field.
pub fn component(id: &str, needs_credential: bool) -> Vec<u8> {
    let (kind, properties) = match needs_credential {
        true => ("custom", json!({"region": {"type": "string", "title": "Region"}})),
        false => ("none", json!({})),
    };
    let descriptor = json!({
        "descriptor": 1, "id": id, "title": id, "version": "0.1.0", "authorization": {"kind": kind},
        "schema": {"type": "object", "additionalProperties": false, "properties": properties},
        "egress": [], "sealed": [],
    })
    .to_string();
    let text = TEMPLATE.replace("{descriptor}", &escape(descriptor.as_bytes())).replace(
        "{place}",
        &escape(&[2048_u32.to_le_bytes(), (descriptor.len() as u32).to_le_bytes()].concat()),
    );
    wat::parse_str(text).unwrap()
}

/// Bytes as the text format writes them.
fn escape(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("\\{byte:02x}")).collect()
}

/// `describe` returns where pointer and length of the descriptor stand, `verify` where nothing but zeros does: `valid`.
const TEMPLATE: &str = r#"(component
(core module $module
  (memory (export "memory") 2)
  (global $next (mut i32) (i32.const 65536))
  (data (i32.const 512) "{place}")
  (data (i32.const 2048) "{descriptor}")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.get $next)
    (global.set $next (i32.and (i32.add (i32.add (global.get $next) (local.get 3)) (i32.const 7)) (i32.const -8))))
  (func (export "describe") (result i32) i32.const 512)
  (func (export "verify") (param i32 i32) (result i32) i32.const 1024))
(core instance $main (instantiate $module))
(alias core export $main "memory" (core memory $memory))
(alias core export $main "cabi_realloc" (core func $realloc))
(type $pairs (list (tuple string string)))
(type $account_ (record (field "id" string) (field "label" string)))
(export $account "account" (type $account_))
(type $acceptance_ (record (field "account" (option $account)) (field "scopes" (list string))
  (field "missing-scopes" (list string)) (field "expires-at" (option u64)) (field "extra" $pairs)))
(export $acceptance "acceptance" (type $acceptance_))
(type $rejection_ (record (field "reason" string) (field "message" string) (field "field" (option string))
  (field "extra" $pairs)))
(export $rejection "rejection" (type $rejection_))
(type $doubt_ (record (field "reason" string) (field "message" string) (field "retry-after" (option u32))
  (field "extra" $pairs)))
(export $doubt "doubt" (type $doubt_))
(type $verdict_ (variant (case "valid" $acceptance) (case "invalid" $rejection) (case "undecided" $doubt)))
(export $verdict "verdict" (type $verdict_))
(func $describe (result string)
  (canon lift (core func $main "describe") (memory $memory) (realloc $realloc)))
(func $verify (param "credential" string) (result $verdict)
  (canon lift (core func $main "verify") (memory $memory) (realloc $realloc)))
(instance $verifier (export "describe" (func $describe)) (export "verify" (func $verify)))
(export "keystead:plugin/verifier@1.0.0" (instance $verifier)))"#;
