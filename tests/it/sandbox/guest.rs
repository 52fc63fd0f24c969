//! Small guests, written as text: a core module inside the smallest component that fits the world.

/// A guest in the making. Its core module sees memory and the host's functions, and defines
/// `$describe (result i32)` and `$verify (param i32 i32) (result i32)`.
pub(super) struct Guest {
    memory: String,
    table: String,
    imports: String,
    lowered: String,
    core_imports: String,
    verify: String,
    rest: String,
    describe: String,
    start: String,
}

/// A guest whose `verify` has that body. Its parameters are pointer and length of the credential;
/// it leaves the address of a verdict. `$report` makes a `valid` that carries a number.
pub(super) fn guest(verify: &str) -> Guest {
    Guest {
        memory: "2".to_owned(),
        table: String::new(),
        imports: String::new(),
        lowered: String::new(),
        core_imports: String::new(),
        verify: verify.to_owned(),
        rest: String::new(),
        describe: "i32.const 512".to_owned(),
        start: String::new(),
    }
}

/// `verify` answers `valid` and nothing else.
pub(super) const VALID: &str = "i32.const 1024";

impl Guest {
    /// Limits of its memory, in pages.
    pub(super) fn memory(mut self, limits: &str) -> Self {
        self.memory = limits.to_owned();
        self
    }

    /// A table `$table` with these limits.
    pub(super) fn table(mut self, limits: &str) -> Self {
        self.table = format!("(table $table {limits} funcref)");
        self
    }

    /// More fields of the core module: functions, data, globals.
    pub(super) fn with(mut self, fields: &str) -> Self {
        self.rest.push_str(fields);
        self
    }

    /// The body of `describe`, which leaves the address of pointer and length.
    pub(super) fn describe(mut self, body: &str) -> Self {
        self.describe = body.to_owned();
        self
    }

    /// Code that runs when the core module is instantiated.
    pub(super) fn start(mut self, body: &str) -> Self {
        self.start = format!("(func $start {body}) (start $start)");
        self
    }

    /// An import of the component that nothing calls.
    pub(super) fn import(mut self, name: &str, exports: &str) -> Self {
        self.imports.push_str(&format!("(import \"{name}\" (instance {exports}))\n"));
        self
    }

    /// Everything that the contract offers: `$send`, `$now`, `$bytes`, `$write`.
    pub(super) fn keystead(mut self) -> Self {
        self.imports.push_str(KEYSTEAD);
        self.lower("send", "$http \"send\"", "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)")
            .lower("now", "$clock \"now\"", "(result i64)")
            .lower("bytes", "$random \"bytes\"", "(param i32 i32)")
            .lower("write", "$log \"write\"", "(param i32 i32 i32)")
    }

    /// What of WASI the tests need: `$subscribe`, `$block`, `$stdout`, `$print`, `$wasi_now`,
    /// `$wasi_random`, `$wasi_number`, `$wasi_insecure`, `$wasi_seed`, `$exit`.
    pub(super) fn wasi(mut self) -> Self {
        self.imports.push_str(WASI);
        self.lower("subscribe", "$mono \"subscribe-duration\"", "(param i64) (result i32)")
            .lower("monotonic", "$mono \"now\"", "(result i64)")
            .lower("block", "$poll \"[method]pollable.block\"", "(param i32)")
            .lower("stdout", "$stdout \"get-stdout\"", "(result i32)")
            .lower(
                "print",
                "$streams \"[method]output-stream.blocking-write-and-flush\"",
                "(param i32 i32 i32 i32)",
            )
            .lower("wasi_now", "$wall \"now\"", "(param i32)")
            .lower("wasi_random", "$wasirandom \"get-random-bytes\"", "(param i64 i32)")
            .lower("wasi_number", "$wasirandom \"get-random-u64\"", "(result i64)")
            .lower("wasi_insecure", "$wasiinsecure \"get-insecure-random-u64\"", "(result i64)")
            .lower("wasi_seed", "$wasiseed \"insecure-seed\"", "(param i32)")
            .lower("exit", "$exit \"exit\"", "(param i32)")
    }

    fn lower(mut self, name: &str, function: &str, signature: &str) -> Self {
        self.lowered.push_str(&format!(
            "(core func ${name} (canon lower (func {function}) (memory $memory) (realloc $realloc)))\n"
        ));
        self.core_imports.push_str(&format!("(import \"host\" \"{name}\" (func ${name} {signature}))\n"));
        self
    }

    /// The component's text.
    pub(super) fn text(&self) -> String {
        let Self { memory, table, imports, lowered, core_imports, verify, rest, describe, start } = self;
        let host: String = core_imports
            .lines()
            .filter_map(|line| line.split('"').nth(3))
            .map(|name| format!("(export \"{name}\" (func ${name}))"))
            .collect();
        format!(
            r#"(component $C
{imports}
(core module $libc_module
  (memory (export "memory") {memory})
  (global $next (mut i32) (i32.const 65536))
  ;; Never frees; wraps around before the second page ends.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (i32.gt_u (i32.add (global.get $next) (local.get 3)) (i32.const 131072))
      (then (global.set $next (i32.const 65536))))
    (global.set $next (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.get $next)
    (global.set $next (i32.add (global.get $next) (local.get 3)))))
(core instance $libc (instantiate $libc_module))
(alias core export $libc "memory" (core memory $memory))
(alias core export $libc "cabi_realloc" (core func $realloc))
{lowered}
(core module $main_module
  (import "libc" "memory" (memory 1))
  {core_imports}
  {table}
  {rest}
  (func $report (param i64) (result i32)
    (i32.store8 (i32.const 1072) (i32.const 1))
    (i64.store (i32.const 1080) (local.get 0))
    (i32.const 1024))
  {start}
  (func $describe (export "describe") (result i32) {describe})
  (func $verify (export "verify") (param i32 i32) (result i32) {verify}))
(core instance $main (instantiate $main_module (with "libc" (instance $libc)) (with "host" (instance {host}))))
{TYPES}
(func $describe (result string)
  (canon lift (core func $main "describe") (memory $memory) (realloc $realloc)))
(func $verify (param "credential" string) (result $verdict)
  (canon lift (core func $main "verify") (memory $memory) (realloc $realloc)))
(instance $verifier (export "describe" (func $describe)) (export "verify" (func $verify)))
(export "keystead:plugin/verifier@1.0.0" (instance $verifier)))"#
        )
    }

    /// The component's bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let text = self.text();
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"))
    }
}

const TYPES: &str = r#"
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
"#;

const KEYSTEAD: &str = r#"
(import "keystead:plugin/http@1.0.0" (instance $http
  (type $pairs (list (tuple string string)))
  (type $failure_ (record (field "kind" string) (field "message" string) (field "extra" $pairs)))
  (export "failure" (type $failure (eq $failure_)))
  (type $request_ (record (field "method" string) (field "url" string) (field "headers" $pairs)
    (field "body" (option (list u8))) (field "extra" $pairs)))
  (export "request" (type $request (eq $request_)))
  (type $response_ (record (field "status" u16) (field "headers" $pairs) (field "body" (list u8))
    (field "extra" $pairs)))
  (export "response" (type $response (eq $response_)))
  (export "send" (func (param "request" $request) (result (result $response (error $failure)))))))
(import "keystead:plugin/clock@1.0.0" (instance $clock (export "now" (func (result u64)))))
(import "keystead:plugin/random@1.0.0" (instance $random
  (export "bytes" (func (param "count" u32) (result (list u8))))))
(import "keystead:plugin/log@1.0.0" (instance $log
  (type $level_ (enum "debug" "info" "warn"))
  (export "level" (type $level (eq $level_)))
  (export "write" (func (param "level" $level) (param "text" string)))))
"#;

const WASI: &str = r#"
(import "wasi:io/poll@0.2.0" (instance $poll
  (export "pollable" (type $pollable (sub resource)))
  (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
(alias export $poll "pollable" (type $pollable))
(import "wasi:clocks/monotonic-clock@0.2.0" (instance $mono
  (alias outer $C $pollable (type $outer))
  (export "pollable" (type $pollable (eq $outer)))
  (export "now" (func (result u64)))
  (export "subscribe-duration" (func (param "when" u64) (result (own $pollable))))))
(import "wasi:clocks/wall-clock@0.2.0" (instance $wall
  (type $datetime_ (record (field "seconds" u64) (field "nanoseconds" u32)))
  (export "datetime" (type $datetime (eq $datetime_)))
  (export "now" (func (result $datetime)))))
(import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
(alias export $error "error" (type $io_error))
(import "wasi:io/streams@0.2.0" (instance $streams
  (export "output-stream" (type $stream (sub resource)))
  (alias outer $C $io_error (type $outer))
  (export "error" (type $error (eq $outer)))
  (type $stream_error_ (variant (case "last-operation-failed" (own $error)) (case "closed")))
  (export "stream-error" (type $stream_error (eq $stream_error_)))
  (export "[method]output-stream.blocking-write-and-flush"
    (func (param "self" (borrow $stream)) (param "contents" (list u8)) (result (result (error $stream_error)))))))
(alias export $streams "output-stream" (type $output_stream))
(import "wasi:cli/stdout@0.2.0" (instance $stdout
  (alias outer $C $output_stream (type $outer))
  (export "output-stream" (type $stream (eq $outer)))
  (export "get-stdout" (func (result (own $stream))))))
(import "wasi:random/random@0.2.0" (instance $wasirandom
  (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
  (export "get-random-u64" (func (result u64)))))
(import "wasi:random/insecure@0.2.0" (instance $wasiinsecure
  (export "get-insecure-random-u64" (func (result u64)))))
(import "wasi:random/insecure-seed@0.2.0" (instance $wasiseed
  (export "insecure-seed" (func (result (tuple u64 u64))))))
(import "wasi:cli/exit@0.2.0" (instance $exit (export "exit" (func (param "status" (result))))))
"#;
