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
