use super::*;

/// Outcome, reason and field of a verdict.
fn summary(verdict: Verdict) -> (&'static str, String, Option<String>) {
    match verdict {
        Verdict::Valid(_) => ("valid", String::new(), None),
        Verdict::Invalid(rejection) => ("invalid", rejection.reason, rejection.field),
        Verdict::Undecided(doubt) => ("undecided", doubt.reason, None),
    }
}

#[track_caller]
fn check(response: Response, outcome: &str, reason: &str, field: Option<&str>) {
    assert_eq!(summary(judge(&response)), (outcome_of(outcome), reason.to_owned(), field.map(str::to_owned)));
}

fn outcome_of(outcome: &str) -> &'static str {
    ["valid", "invalid", "undecided"].into_iter().find(|known| *known == outcome).unwrap()
}

fn json(status: u16, body: &str) -> Response {
    Response::new(status).with_header("content-type", "application/json").with_body(body)
}

#[test]
fn an_inventory_means_that_the_key_is_accepted() {
    check(json(200, r#"{"sold": 1}"#), "valid", "", None);
    check(json(200, "{}"), "valid", "", None);
}

#[test]
fn an_answer_that_is_no_inventory_proves_nothing() {
    let page = Response::new(200).with_header("content-type", "text/html").with_body("<html>");
    check(page, "invalid", "wrong-destination", Some("/baseUrl"));
    check(json(200, "[]"), "undecided", "provider-error", None);
    check(json(200, ""), "undecided", "provider-error", None);
    check(json(204, ""), "undecided", "provider-error", None);
    check(json(302, ""), "undecided", "provider-error", None);
}

#[test]
fn an_answer_that_repeats_the_key_proves_nothing() {
    check(Response::new(200).with_extra("withheld", "reflected"), "undecided", "provider-error", None);
}

#[test]
fn refusals_name_the_field_to_correct() {
    check(json(401, ""), "invalid", "rejected", Some("/apiKey"));
    check(json(403, ""), "invalid", "insufficient-scope", Some("/apiKey"));
    check(json(404, ""), "invalid", "wrong-destination", Some("/baseUrl"));
    // Withheld or not: the status says it.
    check(Response::new(401).with_extra("withheld", "reflected"), "invalid", "rejected", Some("/apiKey"));
}

#[test]
fn trouble_at_the_application_is_not_the_keys_fault() {
    check(json(500, ""), "undecided", "provider-error", None);
    check(json(503, ""), "undecided", "provider-error", None);
    check(json(429, ""), "undecided", "rate-limited", None);
    let Verdict::Undecided(doubt) = judge(&json(429, "").with_header("retry-after", "30")) else { panic!() };
    assert_eq!(doubt.retry_after, Some(30));
}

#[test]
fn the_descriptor_has_the_version_of_the_crate() {
    let descriptor: Value = serde_json::from_str(Petstore::DESCRIPTOR).unwrap();
    assert_eq!(descriptor["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_fields_of_the_descriptor_fit_the_type() {
    let fields = r#"{"apiKey": "k", "baseUrl": "https://petstore.example/v3"}"#;
    let petstore: Petstore = serde_json::from_str(fields).unwrap();
    assert_eq!((petstore.api_key.as_str(), petstore.base_url.as_str()), ("k", "https://petstore.example/v3"));
}
