use super::*;
use crate::domain::descriptor::Placement;
use crate::domain::secret::Secret;

const TOKEN: &str = "kst0abcdefghjkmnpqrstvwxyz0123456789";
const URL: &str = "https://api.example.com/v1/me";

fn sealed(secret: &str, to: &[(Place, &str)]) -> Vec<Sealed> {
    let to = to.iter().map(|(place, name)| Placement {
        rule: "api".to_owned(),
        place: *place,
        name: (*name).to_owned(),
    });
    vec![Sealed {
        name: "apiKey".to_owned(),
        token: TOKEN.to_owned(),
        secret: Secret::new(secret),
        to: to.collect(),
        is_captured: false,
    }]
}

fn request(url: &str, headers: &[(&str, &str)]) -> Request {
    Request {
        method: "GET".to_owned(),
        url: url.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: None,
        extra: Vec::new(),
    }
}

fn try_open(request: &Request, sealed: &[Sealed]) -> Result<Opened, Failure> {
    open(request, &Url::parse(&request.url).unwrap(), "api", sealed)
}

fn refusal(request: &Request, sealed: &[Sealed]) -> String {
    let failure = try_open(request, sealed).err().expect("the request is refused");
    assert_eq!(failure.kind, "placement-refused");
    assert!(!failure.message.contains("s3cret"), "{}", failure.message);
    failure.message
}

#[test]
fn a_token_in_its_declared_header_becomes_the_secret() {
    let sealed = sealed("s3cret value", &[(Place::Header, "api_key")]);
    let opened = try_open(&request(URL, &[("Api_Key", &format!("Key {TOKEN}"))]), &sealed).unwrap();
    let value = opened.headers.get("api_key").unwrap();
    assert_eq!(value.as_bytes(), b"Key s3cret value");
    assert!(value.is_sensitive());
    assert_eq!(
        opened.placements,
        [Placed { sealed: "apiKey".into(), place: "header".into(), name: "api_key".into() }]
    );
}

#[test]
fn a_token_in_its_declared_query_parameter_is_percent_encoded() {
    let sealed = sealed("a&b=c d%é#", &[(Place::Query, "key")]);
    let opened = try_open(&request(&format!("{URL}?x=1&key={TOKEN}"), &[]), &sealed).unwrap();
    assert_eq!(opened.url, format!("{URL}?x=1&key=a%26b%3Dc%20d%25%C3%A9%23"));
}

#[test]
fn a_secret_cannot_break_out_of_its_place() {
    let sealed = sealed("x\"\\%0d%0aHost: evil", &[(Place::Header, "api_key"), (Place::Query, "key")]);
    let opened = try_open(&request(&format!("{URL}?key={TOKEN}"), &[("api_key", TOKEN)]), &sealed).unwrap();
    assert_eq!(opened.headers.len(), 1);
    assert!(!opened.url.contains('"') && !opened.url.contains(' '));
    assert_eq!(Url::parse(&opened.url).unwrap().query_pairs().count(), 1);
}

#[test]
fn a_token_anywhere_else_is_refused_by_name() {
    let sealed = sealed("s3cret", &[(Place::Header, "api_key"), (Place::Query, "key")]);
    let cases = [
        (request(&format!("https://api.example.com/v1/{TOKEN}"), &[]), "host or path"),
        (request(&format!("https://{TOKEN}.example.com/v1"), &[]), "host or path"),
        (request(&format!("https://{}.example.com/v1", TOKEN.to_uppercase()), &[]), "host or path"),
        (request(&format!("{URL}?other={TOKEN}"), &[]), "query parameter `other`"),
        (request(&format!("{URL}?{TOKEN}=1"), &[]), "name of a query parameter"),
        (request(&format!("{URL}?key={}", TOKEN.to_uppercase()), &[]), "query parameter `key`"),
        (request(URL, &[("x-other", TOKEN)]), "header `x-other`"),
        (request(URL, &[(TOKEN, "1")]), "name of a header"),
        (request(URL, &[("api_key", &TOKEN.to_uppercase())]), "header `api_key`"),
        (Request { method: TOKEN.to_owned(), ..request(URL, &[]) }, "the method"),
        (
            Request { body: Some(format!("{{\"k\":\"{TOKEN}\"}}").into_bytes()), ..request(URL, &[]) },
            "the body",
        ),
        (
            Request { extra: vec![("timeout-ms".into(), TOKEN.into())], ..request(URL, &[]) },
            "an `extra` entry",
        ),
        (Request { extra: vec![(TOKEN.into(), "1".into())], ..request(URL, &[]) }, "an `extra` entry"),
    ];
    for (request, place) in cases {
        let message = refusal(&request, &sealed);
        assert!(message.contains(place) && message.contains("`apiKey`"), "{place}: {message}");
    }
}

#[test]
fn a_place_of_another_rule_does_not_count() {
    let mut sealed = sealed("s3cret", &[(Place::Header, "api_key")]);
    sealed[0].to[0].rule = "other".to_owned();
    assert!(refusal(&request(URL, &[("api_key", TOKEN)]), &sealed).contains("rule `other`"));
}

#[test]
fn headers_of_the_host_and_broken_ones_are_refused() {
    for name in
        ["Host", "content-length", "Transfer-Encoding", "proxy-x", "Upgrade", "Accept-Encoding", "bad name"]
    {
        refusal(&request(URL, &[(name, "1")]), &[]);
    }
    for value in ["a\r\nb: c", "a\nb", "a\0b"] {
        refusal(&request(URL, &[("x", value)]), &[]);
    }
}

const SECRET: &str = "s3cr\"et\\\n%41+&= é日\u{1f600}";

fn posted(content_type: &str, body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        body: Some(body.as_bytes().to_vec()),
        ..request(URL, &[("content-type", content_type)])
    }
}

fn body(opened: &Opened) -> &str {
    std::str::from_utf8(&opened.body).unwrap()
}

#[test]
fn a_token_in_a_json_string_becomes_the_escaped_secret_and_nothing_else_changes() {
    let sealed = sealed(SECRET, &[(Place::Json, "/auth/0/k~1ey")]);
    let text = format!(
        "{{ \"n\": 1e2,\n\"auth\": [{{\"k/ey\": \"a\\\\{TOKEN} {TOKEN}\"}}], \"big\": 12345678901234567890123 }}"
    );
    for kind in ["application/json", "application/vnd.api+JSON; charset=\"utf-8\""] {
        let opened = try_open(&posted(kind, &text), &sealed).unwrap();
        let escaped = serde_json::Value::from(SECRET).to_string();
        assert_eq!(body(&opened), text.replace(TOKEN, escaped.trim_matches('"')), "{kind}");
        let document = crate::domain::json::parse(&opened.body).unwrap();
        let arrived = document.pointer("/auth/0/k~1ey").and_then(|value| value.as_str());
        assert_eq!(arrived, Some(format!("a\\{SECRET} {SECRET}").as_str()));
        assert_eq!(opened.placements.len(), 1);
        assert_eq!(
            (opened.placements[0].place.as_str(), opened.placements[0].name.as_str()),
            ("json", "/auth/0/k~1ey")
        );
    }
}

#[test]
fn a_token_in_a_form_member_becomes_the_form_encoded_secret_and_nothing_else_changes() {
    let sealed = sealed(SECRET, &[(Place::Form, "client secret")]);
    let text = format!("a=%7e+b&client+secret={TOKEN}&&flag");
    let opened =
        try_open(&posted("application/x-www-form-urlencoded;charset=UTF-8", &text), &sealed).unwrap();
    assert!(body(&opened).starts_with("a=%7e+b&client+secret=s3cr%22et"), "{}", body(&opened));
    assert!(body(&opened).ends_with("&&flag"));
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(&opened.body).into_owned().collect();
    assert_eq!(pairs[1], ("client secret".to_owned(), SECRET.to_owned()));
}

#[test]
fn a_token_in_basic_authentication_is_decoded_replaced_and_encoded_again() {
    use base64::Engine as _;
    let engine = base64::engine::general_purpose::STANDARD;
    let given = |pair: &str| format!("bAsIc {}", engine.encode(pair));
    for (name, pair) in [("user", format!("{TOKEN}:x:y")), ("password", format!("me:a{TOKEN}:b"))] {
        let sealed = sealed("p:q\" é", &[(Place::Basic, name)]);
        let opened = try_open(&request(URL, &[("Authorization", &given(&pair))]), &sealed).unwrap();
        let value = opened.headers.get("authorization").unwrap();
        let arrived = engine.decode(value.to_str().unwrap().strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(arrived).unwrap(), pair.replace(TOKEN, "p:q\" é"));
        assert!(value.is_sensitive());
        let other = if name == "user" { format!("x:{TOKEN}") } else { format!("{TOKEN}:x") };
        let message = refusal(&request(URL, &[("authorization", &given(&other))]), &sealed);
        assert!(message.contains("of Basic authentication"), "{message}");
        refusal(&request(URL, &[("authorization", &given(TOKEN))]), &sealed);
        refusal(&request(URL, &[("x-other", TOKEN)]), &sealed);
    }
    let untouched = given("nobody:nothing");
    let opened = try_open(&request(URL, &[("authorization", &untouched)]), &[]).unwrap();
    assert_eq!(opened.headers.get("authorization").unwrap().to_str().unwrap(), untouched);
}

#[test]
fn a_token_in_a_body_stands_at_its_declared_place_or_nowhere() {
    let sealed = sealed("s3cret", &[(Place::Json, "/key"), (Place::Form, "key"), (Place::Basic, "password")]);
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let upper = TOKEN.to_uppercase();
    for (kind, text, place) in [
        (json, format!(r#"{{"other":"{TOKEN}"}}"#), "JSON member `/other`"),
        (json, format!(r#"{{"key":"{TOKEN}","list":["{TOKEN}"]}}"#), "JSON member `/list/0`"),
        (json, format!(r#"{{"{TOKEN}":"x"}}"#), "name of a JSON member"),
        (json, format!(r#"{{"key":"{upper}"}}"#), "JSON member `/key`"),
        (json, format!(r#"{{"key":"{TOKEN} {upper}"}}"#), "JSON member `/key`"),
        (json, format!(r#"{{"key":"{TOKEN}","key":"x"}}"#), "not acceptable JSON"),
        (json, format!(r#"{{"key":"{TOKEN}""#), "not acceptable JSON"),
        (json, format!(r#"{{"key":"{TOKEN} \u006b{}"}}"#, &TOKEN[1..]), "characters are escaped"),
        (json, format!("\"{TOKEN}\""), "JSON member ``"),
        (form, format!("other={TOKEN}"), "form member `other`"),
        (form, format!("{TOKEN}=x"), "name of a form member"),
        (form, TOKEN.to_owned(), "name of a form member"),
        (form, format!("key={TOKEN}&key={TOKEN}"), "form member `key` twice"),
        (form, format!("key={upper}"), "form member `key`"),
        (form, format!(r#"{{"key":"{TOKEN}"}}"#), "name of a form member"),
        ("text/plain", format!("key={TOKEN}"), "the body"),
        ("application/json; charset=utf-16", format!(r#"{{"key":"{TOKEN}"}}"#), "the body"),
        ("multipart/form-data", format!("key={TOKEN}"), "the body"),
    ] {
        let message = refusal(&posted(kind, &text), &sealed);
        assert!(message.contains(place) && message.contains("`apiKey`"), "{text}: {message}");
    }
    let mut twice = posted(json, &format!(r#"{{"key":"{TOKEN}"}}"#));
    twice.headers.push(("Content-Type".into(), form.into()));
    refusal(&twice, &sealed);
    let mut binary = posted(json, "");
    binary.body = Some([TOKEN.as_bytes(), b"\xff"].concat());
    refusal(&binary, &sealed);
}

#[test]
fn a_body_without_tokens_is_sent_as_it_is_whatever_it_is() {
    let broken = posted("application/json", "{broken");
    assert_eq!(body(&try_open(&broken, &sealed("s", &[])).unwrap()), "{broken");
}

#[test]
fn a_header_is_no_parameter_and_a_parameter_no_header() {
    let header = sealed("s3cret", &[(Place::Header, "key")]);
    assert!(refusal(&request(&format!("{URL}?key={TOKEN}"), &[]), &header).contains("query parameter `key`"));
    let query = sealed("s3cret", &[(Place::Query, "key")]);
    assert!(refusal(&request(URL, &[("key", TOKEN)]), &query).contains("header `key`"));
}

#[test]
fn a_token_in_an_escape_stays_what_it_is() {
    let sealed = sealed("s3cret", &[(Place::Query, "key")]);
    let escaped: String = TOKEN.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let opened = try_open(&request(&format!("{URL}?key={escaped}&other={escaped}"), &[]), &sealed).unwrap();
    assert!(!opened.url.contains("s3cret") && opened.placements.is_empty());
}

#[test]
fn every_header_of_the_host_is_refused_by_name() {
    for name in [
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "http2-settings",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "keep-alive",
        "proxy-authorization",
        "range",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ] {
        for name in [name.to_owned(), name.to_ascii_uppercase()] {
            let message = refusal(&request(URL, &[(&name, "1")]), &[]);
            assert!(message.contains("is the host's"), "{message}");
        }
    }
}
