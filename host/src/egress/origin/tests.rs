use super::*;

#[track_caller]
fn kind_of(text: &str) -> &'static str {
    match Origin::of_url(text) {
        Ok((origin, url)) => panic!("{text:?} was read as {origin} ({url})"),
        Err(refusal) => refusal.kind,
    }
}

#[track_caller]
fn reads(text: &str, origin: &str, url: &str) {
    let (found, parsed) = Origin::of_url(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"));
    assert_eq!((found.to_string().as_str(), parsed.as_str()), (origin, url), "{text}");
}

#[test]
fn plain_urls_are_read_and_normalised() {
    reads("https://api.example.com/v1?a=b", "https://api.example.com", "https://api.example.com/v1?a=b");
    reads("HTTPS://API.Example.COM:443", "https://api.example.com", "https://api.example.com/");
    reads("https://ex.com./x", "https://ex.com", "https://ex.com/x");
    reads("http://127.0.0.1:8080/", "http://127.0.0.1:8080", "http://127.0.0.1:8080/");
    reads("https://[::1]:8443/", "https://[::1]:8443", "https://[::1]:8443/");
    reads("https://[0:0:0:0:0:0:0:1]/", "https://[::1]", "https://[::1]/");
    reads(
        "https://xn--bcher-kva.example/",
        "https://xn--bcher-kva.example",
        "https://xn--bcher-kva.example/",
    );
    reads("https://my_app.ns.example/", "https://my_app.ns.example", "https://my_app.ns.example/");
    reads("https://good.com?@127.0.0.1/", "https://good.com", "https://good.com/?@127.0.0.1/");
    reads("https://ex.com/a%2Fb/c..d/...", "https://ex.com", "https://ex.com/a%2Fb/c..d/...");
}

#[test]
fn a_mapped_address_is_read_as_ipv4() {
    for text in
        ["https://[::ffff:10.0.0.1]/", "https://[::ffff:a00:1]/", "https://[0:0:0:0:0:ffff:10.0.0.1]/"]
    {
        reads(text, "https://10.0.0.1", "https://10.0.0.1/");
    }
}

#[test]
fn whatever_a_parser_would_repair_is_ambiguous() {
    let table = [
        // Numbers that become addresses.
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0/",
        "http://2130706433/",
        "http://127.1/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.0.0.01/",
        "http://017700000001/",
        "http://1.2.3/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://127.0.0.1./",
        "http://0x/",
        "http://a.0x7f/",
        "http://example.1/",
        "http://169.254.169.0376/",
        "http://0XA9.0xFE.0xA9.0xFE/",
        // Characters outside printable ASCII, and those that vanish.
        "http://①②⑦.0.0.1/",
        "http://127。0。0。1/",
        "http://ｌｏｃａｌｈｏｓｔ/",
        "http://bücher.example/",
        "http://ex\tample.com/",
        "http://ex\nample.com/",
        "http://ex\rample.com/",
        "http://ex\0ample.com/",
        " http://example.com/",
        "http://example.com/ ",
        "http://example.com/a b",
        "http://1.1.1.1 &@2.2.2.2# @3.3.3.3/",
        "https://ex.com/\u{7f}",
        "https://ex.com/\u{200b}",
        // User information, fragments, backslashes, encoded hosts.
        "http://user@example.com/",
        "http://user:pass@example.com/",
        "http://@example.com/",
        "http://:@example.com/",
        "http://user%40h@169.254.169.254/",
        "http://good.com@evil/",
        "http://foo@evil.com:80@google.com/",
        "http://good.com#@127.0.0.1/",
        "https://good.com/#",
        "https://good.com/a#b",
        "http://good.com\\@evil.com/",
        "http:\\\\evil.com",
        "https://good.com/\\evil.com",
        "http://x%00.good.com/",
        "http://%6cocalhost/",
        "http://x%0d%0aHost:y/",
        "http://127.0.0.1%23.evil.com/",
        // Shapes that are not scheme, two slashes, host.
        "http:127.0.0.1",
        "https:/example.com",
        "https:///example.com/",
        "https://",
        "https:///",
        "https://?x",
        "//example.com/",
        "/path",
        "example.com",
        "",
        "https://:443/",
        "https://example.com:/",
        // IPv6.
        "http://[127.0.0.1]/",
        "http://[::1",
        "http://[::1]x/",
        "http://[::1]x:80/",
        "http://[fe80::1%25eth0]/",
        "http://[fe80::1%eth0]/",
        "http://[::1].example.com/",
        "http://[]/",
        "http://::1/",
        "http://[::ffff:127.1]/",
        "http://[::1]]/",
        "http://[v1.x]/",
        // Ports.
        "https://ex.com:0/",
        "https://ex.com:65536/",
        "https://ex.com:+443/",
        "https://ex.com:0443/",
        "https://ex.com:443443/",
        "https://ex.com:4 3/",
        "https://ex.com:44a/",
        "https://ex.com:80:443/",
        "https://ex.com:-1/",
        // Names.
        "https://ex..com/",
        "https://.ex.com/",
        "https://ex.com../",
        "https://-ex.com/",
        "https://ex-.com/",
        "https://ex,com/",
        "https://ex;com/",
        "https://ex*com/",
        "https://ex|com/",
        "https://ex&com/",
        "https://./",
        "https://xn--/",
        "https://xn--a.example/",
        "https://xn--ls8h=/",
        // Segments that parsers remove.
        "https://ex.com/../../x",
        "https://ex.com/a/%2e%2E/b",
        "https://ex.com/a/.%2e",
        "https://ex.com/./a",
        "https://ex.com/a/..",
        "https://ex.com/%2e",
    ];
    for text in table {
        assert_eq!(kind_of(text), "ambiguous-url", "{text:?}");
    }
}

#[test]
fn labels_and_names_have_the_lengths_of_dns() {
    let label = "a".repeat(63);
    reads(
        &format!("https://{label}.com/"),
        &format!("https://{label}.com"),
        &format!("https://{label}.com/"),
    );
    assert_eq!(kind_of(&format!("https://{label}a.com/")), "ambiguous-url");
    assert_eq!(kind_of(&format!("https://{}com/", "abcdefgh.".repeat(30))), "ambiguous-url");
}

#[test]
fn a_url_is_read_up_to_its_cap() {
    let start = "https://ex.com/";
    let longest = format!("{start}{}", "a".repeat(MAX_URL_BYTES - start.len()));
    assert!(Origin::of_url(&longest).is_ok());
    assert_eq!(kind_of(&format!("{longest}a")), "ambiguous-url");
    assert_eq!(kind_of(&format!("{start}{}", "a".repeat(64 * 1024 + 1))), "ambiguous-url");
}

#[test]
fn other_schemes_are_refused() {
    let table = [
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "dict://127.0.0.1:11211/",
        "ftp://example.com/",
        "ldap://example.com/",
        "jar:http://example.com!/",
        "data:text/html,x",
        "javascript:alert(1)",
        "unix:///run/x.sock",
        "ws://example.com/",
        "wss://example.com/",
        "smb://example.com/",
        "netdoc:///etc/passwd",
        "httpx://example.com/",
        "blob:https://example.com/x",
        "http+unix://%2Frun/x",
    ];
    for text in table {
        assert_eq!(kind_of(text), "destination-refused", "{text:?}");
    }
}

#[test]
fn an_origin_has_nothing_behind_it() {
    assert_eq!(Origin::parse("https://ex.com:8443").unwrap().to_string(), "https://ex.com:8443");
    assert_eq!(Origin::parse("http://ex.com:443").unwrap().to_string(), "http://ex.com:443");
    assert_eq!(Origin::parse("https://ex.com:80").unwrap().to_string(), "https://ex.com:80");
    for text in
        ["https://ex.com/", "https://ex.com/a", "https://ex.com?a", "https://ex.com#a", "https://a@ex.com"]
    {
        assert_eq!(Origin::parse(text).unwrap_err().kind, "ambiguous-url", "{text}");
    }
}

#[test]
fn the_display_of_an_origin_reads_back_as_itself() {
    for text in ["https://ex.com", "http://ex.com:8080", "https://[2606:4700::1]:8443", "https://1.1.1.1"] {
        let origin = Origin::parse(text).unwrap();
        assert_eq!(
            (origin.to_string().as_str(), &Origin::parse(&origin.to_string()).unwrap()),
            (text, &origin)
        );
    }
}

#[test]
fn refusals_quote_nothing_of_the_url() {
    for text in [
        "https://u:SECRET@ex.com/",
        "https://ex.com/?k=SECRET#",
        "https://ex.com:SECRET/",
        "https://SECRET%/",
    ] {
        let refusal = Origin::of_url(text).unwrap_err();
        assert!(!refusal.message.contains("SECRET"), "{refusal}");
    }
}
