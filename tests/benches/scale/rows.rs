//! What is seeded, as SQL that both databases understand. Rows follow from their numbers, so that two
//! runs measure the same.
//!
//! Credentials come in blocks of 20: half of a block belongs to the component `shop`, the others to
//! `app-1` … `app-10`. Four of five blocks belong to the workspace `default`, the others to 49 small ones
//! in turn. Ids grow with the numbers, as those of the service grow with time; what follows in them
//! looks random. One in ten is not verified.
//!
//! Flows have five steps. One in five flows belongs to the small workspaces; three in ten are inactive.
//! Step 3 needs no credential, step 4 of an inactive flow has none yet, step 2 takes one of the first
//! tenth of the credentials, the others any. Two credentials are special: [`STEADY`] is held by 100 steps
//! at each size, [`BUSIEST`] by one in a hundred of all steps.

use keystead::store::Backend;

use super::database::Size;

/// The workspace with four fifths of everything.
pub const BIG: &str = "default";
/// One of the 49 others.
pub const LITTLE: &str = "ws-007";
/// Number of the credential that 100 steps hold.
pub const STEADY: u64 = 8_020;
/// Number of the credential that a hundredth of all steps hold.
pub const BUSIEST: u64 = 8_021;

const BLOCK: u64 = 20;
const LITTLE_ONES: u64 = 49;
const DIGEST: &str = "sha256:0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0";
const RECORD_BYTES: usize = 300;
/// 2026-01-01, in milliseconds; one more credential each second.
const EPOCH: &str = "1767225600000";

/// A number with leading zeros.
fn digits(number: &str, width: u32) -> String {
    format!("substr(CAST({} + {number} AS TEXT), 2)", 10_u64.pow(width))
}

/// Something below 2^32 that looks random (Knuth's multiplicative hash).
fn scatter(number: &str) -> String {
    format!("(({number}) * 2654435761 % 4294967296)")
}

/// The 26 characters of an id behind its prefix: time, randomness, and the last character, by which
/// credentials are counted.
fn id(prefix: &str, number: &str) -> String {
    let (time, random) = (digits(number, 7), digits(&scatter(number), 10));
    let slot = format!("CAST({} / 65536 % 32 AS INTEGER) + 1", scatter(number));
    format!(
        "'{prefix}_01k' || {time} || {random} || 'sca1e' || substr('0123456789abcdefghjkmnpqrstvwxyz', {slot}, 1)"
    )
}

/// The id of a credential, as a query.
pub fn credential_id(number: u64) -> String {
    format!("SELECT {}", id("cred", &format!("CAST({number} AS BIGINT)")))
}

fn component(place: &str) -> String {
    format!("CASE WHEN {place} < 10 THEN 'shop' ELSE 'app-' || CAST({place} - 9 AS TEXT) END")
}

fn workspace(block: &str) -> String {
    let little = digits(&format!("{block} / 5 % {LITTLE_ONES}"), 3);
    format!("CASE WHEN {block} % 5 <> 0 THEN '{BIG}' ELSE 'ws-' || {little} END")
}

/// The numbers from `from` up to, without, `until`, as a table `n`.
fn numbers(from: u64, until: u64) -> String {
    format!(
        "WITH RECURSIVE n(i) AS (SELECT CAST({from} AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {until})"
    )
}

fn blob(backend: Backend, bytes: usize) -> String {
    let hex: String = (0..bytes).map(|byte| format!("{:02x}", byte * 37 % 251)).collect();
    match backend {
        Backend::Sqlite => format!("X'{hex}'"),
        Backend::Postgres => format!("CAST('\\x{hex}' AS BYTEA)"),
    }
}

/// Workspaces, components and their releases.
pub fn foundation(backend: Backend) -> String {
    let little = digits("i", 3);
    let bytes = blob(backend, 64);
    let component = component("i");
    // Nine of the twenty places are the same component.
    let places = numbers(9, 21);
    format!(
        "INSERT INTO workspaces (id, created_at) {} SELECT 'ws-' || {little}, {EPOCH} FROM n;
         INSERT INTO components (id, title, needs_credential, installed_at)
             {places} SELECT CASE WHEN i = 20 THEN 'transform' ELSE {component} END, 'A component', i <> 20, {EPOCH} FROM n;
         INSERT INTO release_bytes (digest, bytes) VALUES ('{DIGEST}', {bytes});
         INSERT INTO releases (component, digest, version, status, descriptor, sentences, installed_at)
             SELECT id, '{DIGEST}', '1.4.2', 'active', '{{}}', '[]', {EPOCH} FROM components;",
        numbers(0, LITTLE_ONES),
    )
}

/// Credentials, each with one verification.
pub fn credentials(backend: Backend, from: u64, until: u64) -> [String; 2] {
    let (numbers, record, hash) = (numbers(from, until), blob(backend, RECORD_BYTES), blob(backend, 32));
    let (block, place) = (format!("(i / {BLOCK})"), format!("(i % {BLOCK})"));
    let (workspace, component, seven) = (workspace(&block), component(&place), digits("i", 7));
    let (credential, verification) = (id("cred", "i"), id("ver", "i"));
    let dice = format!("{} / 256 % 100", scatter("i"));
    let status = format!(
        "CASE WHEN {dice} < 90 THEN 'verified' WHEN {dice} < 95 THEN 'unverified'
             WHEN {dice} < 98 THEN 'rejected' ELSE 'reauthorization_required' END"
    );
    let time = format!("{EPOCH} + i * 1000");
    let rows = format!(
        "INSERT INTO credentials (workspace, component, id, name, status, account_id, account_label, public_fields,
             secrets, destinations, version, revision, release_version, release_digest, record, key_id,
             idempotency_key, idempotency_hash, verified_at, created_at, updated_at)
         {numbers} SELECT {workspace}, {component}, {credential}, 'Shop ' || {seven}, {status}, 'acct-' || {seven},
             'owner-' || {seven} || '@example.com',
             '{{\"baseUrl\":\"https://shop-' || {seven} || '.example.com/api/v3\",\"region\":\"eu-central-1\"}}',
             '[\"/apiKey\"]', '[\"apiKey https://shop-' || {seven} || '.example.com\"]', 1, 1, '1.4.2', '{DIGEST}',
             {record}, 'rk_01', CASE WHEN i % 2 = 0 THEN 'import-' || {seven} END,
             CASE WHEN i % 2 = 0 THEN {hash} END, {time}, {time}, {time} FROM n"
    );
    let verifications = format!(
        "INSERT INTO verifications (workspace, credential, id, at, outcome, evidence)
         {numbers} SELECT {workspace}, {credential}, {verification}, {time}, 'valid',
             '{{\"release\":{{\"version\":\"1.4.2\",\"digest\":\"{DIGEST}\"}},\"exchanges\":[{{\"rule\":\"api\",\"method\":\"GET\",\"url\":\"https://shop-' || {seven} || '.example.com/api/v3/store/inventory\",\"placements\":[{{\"sealed\":\"apiKey\",\"in\":\"header\",\"name\":\"api_key\"}}],\"status\":200,\"bytes_in\":122,\"duration_ms\":84}}],\"unproven\":[],\"log\":[],\"duration_ms\":91}}'
         FROM n"
    );
    [rows, verifications]
}

/// Whether flow `i` is active.
const ACTIVE: &str = "(i / 5 % 10 < 7)";

/// Flows with their steps.
pub fn flows(size: Size, from: u64, until: u64) -> [String; 2] {
    let (numbers, workspace, seven) = (numbers(from, until), workspace("i"), digits("i", 7));
    let rows = format!(
        "INSERT INTO flows (workspace, id, name, active, revision, created_at, updated_at)
         {numbers} SELECT {workspace}, 'flow-' || {seven}, 'Orders ' || {seven}, {ACTIVE}, 1, {EPOCH}, {EPOCH} FROM n"
    );
    let blocks = size.credentials / BLOCK;
    let (big, little) = (blocks / 5 * 4, blocks / 5 / LITTLE_ONES);
    let one = scatter("i * 5 + step");
    // Any block of the flow's workspace.
    let block = format!(
        "CASE WHEN i % 5 = 0 THEN 5 * ({LITTLE_ONES} * ({one} / 16 % {little}) + i / 5 % {LITTLE_ONES})
             WHEN step = 2 THEN {one} / 16 % {first} / 4 * 5 + 1 + {one} / 16 % {first} % 4
             ELSE {one} / 16 % {big} / 4 * 5 + 1 + {one} / 16 % {big} % 4 END",
        first = big / 10,
    );
    let place = format!("({} / 256 % {BLOCK})", scatter("i * 5 + step + 1000003"));
    let steps = format!(
        "INSERT INTO flow_steps (workspace, flow, step, position, flow_active, component, needs_credential, credential)
         {numbers}, k(step) AS (SELECT CAST(0 AS BIGINT) UNION ALL SELECT step + 1 FROM k WHERE step < 4),
         chosen(i, step, credential) AS (SELECT i, step,
             CASE WHEN step = 3 OR (step = 4 AND NOT {ACTIVE}) THEN NULL
                 WHEN step = 0 AND i < 125 AND i % 5 <> 0 THEN {STEADY}
                 WHEN step = 1 AND i % 20 = 1 THEN {BUSIEST}
                 ELSE ({block}) * {BLOCK} + {place} END FROM n CROSS JOIN k)
         SELECT {workspace}, 'flow-' || {seven}, 'step-' || CAST(step AS TEXT), step, {ACTIVE},
             CASE WHEN step = 3 THEN 'transform' WHEN credential IS NULL THEN 'app-1' ELSE {component} END,
             step <> 3, CASE WHEN credential IS NOT NULL THEN {credential} END FROM chosen",
        component = component(&format!("(credential % {BLOCK})")),
        credential = id("cred", "credential"),
    );
    [rows, steps]
}

/// What the triggers would have counted.
pub const COUNTS: &str = "INSERT INTO credential_counts (workspace, component, slot, total, attention)
    SELECT workspace, component, substr(id, length(id)), COUNT(*), COUNT(*) FILTER (WHERE status <> 'verified')
    FROM credentials GROUP BY 1, 2, 3";

/// How many counts are wrong, or missing.
pub const WRONG_COUNTS: &str = "WITH counted AS (
        SELECT workspace, component, substr(id, length(id)) AS slot, CAST(COUNT(*) AS BIGINT) AS total,
            CAST(COUNT(*) FILTER (WHERE status <> 'verified') AS BIGINT) AS attention
        FROM credentials GROUP BY 1, 2, 3)
    SELECT (SELECT COUNT(*) FROM (SELECT * FROM counted EXCEPT
            SELECT workspace, component, slot, total, attention FROM credential_counts) AS missing)
        + (SELECT COUNT(*) FROM credential_counts) - (SELECT COUNT(*) FROM counted)";
