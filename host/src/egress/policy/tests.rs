use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::*;

/// No address is this machine's own, so that the tables do not depend on where they are run.
fn policy(allow: &[&str]) -> Policy {
    let allowances = allow.iter().map(|text| text.parse().unwrap()).collect();
    Policy::new(allowances, Vec::new()).with_own_addresses(|_| false)
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

fn literal(address: IpAddr) -> Origin {
    Origin { scheme: Scheme::Https, host: Host::Address(address.to_canonical()), port: 443 }
}

#[track_caller]
fn denied(policy: &Policy, text: &str) -> Refusal {
    policy.check_origin(&origin(text)).err().unwrap_or_else(|| panic!("{text} passed"))
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// Whether an address lies in a range of the tables, computed apart from the code under test.
fn in_tables(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(a) => ranges::DENIED_V4.iter().any(|r| r.network() <= a && a <= r.broadcast()),
        IpAddr::V6(a) => {
            let global = (a.segments()[0] >> 13) == 1;
            !global || ranges::DENIED_V6.iter().any(|r| r.network() <= a && a <= r.broadcast())
        }
    }
}

fn edges_v4(range: &Ipv4Net) -> Vec<IpAddr> {
    let (first, last) = (range.network().to_bits(), range.broadcast().to_bits());
    [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)]
        .into_iter()
        .flatten()
        .map(|bits| IpAddr::V4(bits.into()))
        .collect()
}

fn edges_v6(range: &Ipv6Net) -> Vec<IpAddr> {
    let (first, last) = (range.network().to_bits(), range.broadcast().to_bits());
    [first.checked_sub(1), Some(first), Some(last), last.checked_add(1)]
        .into_iter()
        .flatten()
        .map(|bits| IpAddr::V6(bits.into()))
        .collect()
}

#[test]
fn every_edge_of_every_denied_range_is_judged_rightly() {
    let policy = policy(&[]);
    let mut rows = 0;
    let v4 = ranges::DENIED_V4.iter().flat_map(edges_v4);
    let v6 = ranges::DENIED_V6.iter().chain([&ranges::GLOBAL_V6]).flat_map(edges_v6);
    for address in v4.chain(v6) {
        let passes = policy.check_origin(&literal(address)).is_ok();
        assert_eq!(passes, !in_tables(address), "{address}");
        rows += 1;
    }
    assert!(rows > 150, "{rows}");
}

#[test]
fn every_denied_ipv4_edge_is_denied_inside_ipv6_too() {
    let policy = policy(&[]);
    for address in ranges::DENIED_V4.iter().flat_map(edges_v4) {
        let IpAddr::V4(inner) = address else { continue };
        let [a, b, c, d] = inner.octets();
        let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
        let passes = |text: String| policy.check_origin(&literal(text.parse().unwrap())).is_ok();
        assert_eq!(passes(format!("::ffff:{inner}")), !in_tables(address), "mapped {inner}");
        assert!(!passes(format!("::{inner}")), "compatible {inner}");
        assert!(!passes(format!("::ffff:0:{inner}")), "translated {inner}");
        assert!(!passes(format!("64:ff9b::{inner}")), "NAT64 {inner}");
        assert!(!passes(format!("64:ff9b:1::{inner}")), "local NAT64 {inner}");
        assert!(!passes(format!("2002:{high:x}:{low:x}::1")), "6to4 {inner}");
        assert!(!passes(format!("2001::{:x}:{:x}", !high, !low)), "Teredo {inner}");
    }
}

#[test]
fn what_other_filters_let_through_is_denied() {
    let table = [
        "::127.0.0.1",
        "::7f00:1",
        "2001::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fec0::1",
        "64:ff9b:1::1",
        "64:ff9b::808:808",
        "168.63.129.16",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.0.192",
        "100.100.100.200",
        "2002:c0a8:101::1",
        "2002:808:808::1",
        "fd00:ec2::254",
        "fe80::1",
        "fc00::1",
        "ff02::2",
        "0.0.0.0",
        "::",
        "::1",
        "127.0.0.1",
        "fd7a:115c:a1e0::1",
        "64:ff9c::1",
        "4000::1",
        "1fff::1",
        "100.64.0.0",
        "100.127.255.255",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
    ];
    for text in table {
        let refusal = policy(&[]).check_origin(&literal(text.parse().unwrap())).unwrap_err();
        assert_eq!(refusal.kind, "address-refused", "{text}");
    }
}

#[test]
fn public_addresses_pass() {
    let table = [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.254",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.0",
        "2606:4700::1111",
        "2a00::1",
        "::ffff:8.8.8.8",
    ];
    for text in table {
        policy(&[]).check_origin(&literal(text.parse().unwrap())).unwrap();
    }
}

#[test]
fn plain_http_needs_an_allowance() {
    assert_eq!(denied(&policy(&[]), "http://example.com").kind, "destination-refused");
    assert_eq!(denied(&policy(&[]), "http://1.1.1.1").kind, "destination-refused");
    assert_eq!(denied(&policy(&["10.0.0.0/8:8080"]), "http://example.com").kind, "destination-refused");
    let policy = policy(&["10.0.0.0/8:80"]);
    policy.check_origin(&origin("http://10.1.2.3")).unwrap();
    policy.check_origin(&origin("http://example.com")).unwrap();
    let answers = |texts: &[&str]| policy.check_answers(&origin("http://example.com"), &addresses(texts));
    assert!(answers(&["10.0.0.1", "10.0.0.2"]).is_ok());
    assert_eq!(answers(&["93.184.216.34"]).unwrap_err().kind, "destination-refused");
    assert_eq!(answers(&["10.0.0.1", "93.184.216.34"]).unwrap_err().kind, "destination-refused");
}

#[test]
fn internal_names_are_refused_before_a_lookup() {
    let table = [
        "localhost",
        "LOCALHOST",
        "localhost.",
        "foo.localhost",
        "printer.local",
        "db.internal",
        "intranet",
        "router.home.arpa",
        "api.default.svc.cluster.local",
    ];
    for name in table {
        assert_eq!(denied(&policy(&[]), &format!("https://{name}")).kind, "destination-refused", "{name}");
    }
    for name in ["localhost.example.com", "mylocalhost.com", "xinternal.com", "local.example"] {
        policy(&[]).check_origin(&origin(&format!("https://{name}"))).unwrap();
    }
}

#[test]
fn internal_names_lead_only_into_allowances() {
    let policy = policy(&["10.0.0.0/8:443", "1.1.1.1:443"]);
    for name in ["https://db.internal", "https://intranet", "https://localhost"] {
        policy.check_origin(&origin(name)).unwrap();
        let answers = |texts: &[&str]| policy.check_answers(&origin(name), &addresses(texts));
        assert!(answers(&["10.0.0.1", "1.1.1.1"]).is_ok());
        assert_eq!(answers(&["10.0.0.1", "8.8.8.8"]).unwrap_err().kind, "destination-refused");
        assert_eq!(answers(&["127.0.0.1"]).unwrap_err().kind, "address-refused");
        let elsewhere = origin(&format!("{name}:8443"));
        assert_eq!(policy.check_origin(&elsewhere).unwrap_err().kind, "destination-refused");
    }
}

#[test]
fn metadata_names_are_never_looked_up() {
    let policy = policy(&["0.0.0.0/0:*", "[::]/0:*"]);
    for name in
        ["metadata", "METADATA.google.internal.", "metadata.google.internal", "x.metadata.google.internal"]
    {
        assert_eq!(denied(&policy, &format!("https://{name}")).kind, "destination-refused", "{name}");
    }
}

#[test]
fn one_denied_answer_refuses_all() {
    let check = |texts: &[&str]| policy(&[]).check_answers(&origin("https://example.com"), &addresses(texts));
    assert_eq!(check(&["93.184.216.34", "10.0.0.3"]).unwrap_err().kind, "address-refused");
    assert_eq!(check(&["93.184.216.34", "::1"]).unwrap_err().kind, "address-refused");
    assert_eq!(check(&[]).unwrap_err().kind, "address-refused");
    let dialled = check(&["93.184.216.34", "2606:4700::1111", "::ffff:93.184.216.34"]).unwrap();
    assert_eq!(dialled, ["93.184.216.34:443".parse().unwrap(), "[2606:4700::1111]:443".parse().unwrap()]);
}

#[test]
fn the_answer_of_a_lookup_is_not_told() {
    let tell = |text: &str| {
        policy(&[]).check_answers(&origin("https://example.com"), &addresses(&[text])).unwrap_err()
    };
    let texts = ["10.0.0.3", "127.0.0.1", "169.254.169.254", "fd00::1"].map(tell);
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

#[test]
fn what_is_never_opened_stays_shut_under_the_widest_allowance() {
    let policy = policy(&["0.0.0.0/0:*", "[::]/0:*"]);
    policy.check_origin(&origin("http://10.0.0.1")).unwrap();
    policy.check_origin(&origin("http://[::1]:8080")).unwrap();
    let table = [
        "169.254.169.254",
        "169.254.0.0",
        "169.254.255.255",
        "fd00:ec2::254",
        "168.63.129.16",
        "100.100.100.200",
        "0.0.0.0",
        "0.1.2.3",
        "224.0.0.1",
        "239.255.255.255",
        "255.255.255.255",
        "::",
        "ff02::1",
        "fe80::1",
        "::169.254.169.254",
        "::ffff:169.254.169.254",
        "::ffff:0:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::169.254.169.254",
        "2002:a9fe:a9fe::1",
        "2001::5601:5601",
    ];
    for text in table {
        let refusal = policy.check_origin(&literal(text.parse().unwrap())).unwrap_err();
        assert!(
            refusal.kind == "address-refused" && refusal.message.contains("no setting"),
            "{text}: {refusal}"
        );
    }
}

#[test]
fn bad_ports_are_never_dialled() {
    for port in
        [1, 22, 25, 53, 110, 143, 587, 993, 2049, 5060, 6000, 6667, 10080, 3306, 5432, 6379, 11211, 27017]
    {
        let text = format!("https://1.1.1.1:{port}");
        assert_eq!(denied(&policy(&["1.1.1.1:*"]), &text).kind, "destination-refused", "{port}");
        assert_eq!(denied(&policy(&[]), &format!("https://example.com:{port}")).kind, "destination-refused");
    }
    for port in [80, 443, 4443, 8080, 8443, 9200, 10443, 65535] {
        policy(&[]).check_origin(&origin(&format!("https://example.com:{port}"))).unwrap();
    }
}

#[test]
fn own_listeners_are_never_a_destination() {
    let allowances = vec!["0.0.0.0/0:*".parse().unwrap(), "[::]/0:*".parse().unwrap()];
    let listeners = vec!["0.0.0.0:8080".parse().unwrap(), "127.0.0.1:9000".parse().unwrap()];
    let policy = Policy::new(allowances, listeners).with_own_addresses(|a| a.to_string() == "10.9.8.7");
    for text in [
        "http://127.0.0.1:8080",
        "http://127.9.9.9:8080",
        "http://[::1]:8080",
        "http://10.9.8.7:8080",
        "http://127.0.0.1:9000",
    ] {
        assert!(denied(&policy, text).message.contains("no setting"), "{text}");
    }
    for text in
        ["http://10.9.8.8:8080", "http://10.9.8.7:8081", "http://127.0.0.1:9001", "http://127.0.0.2:9000"]
    {
        policy.check_origin(&origin(text)).unwrap();
    }
}

#[test]
fn own_public_addresses_need_an_allowance() {
    let own: fn(IpAddr) -> bool = |address| address.to_string() == "93.184.216.34";
    let closed = Policy::new(Vec::new(), Vec::new()).with_own_addresses(own);
    assert_eq!(denied(&closed, "https://93.184.216.34").kind, "address-refused");
    let open = Policy::new(vec!["93.184.216.34:443".parse().unwrap()], Vec::new()).with_own_addresses(own);
    open.check_origin(&origin("https://93.184.216.34")).unwrap();
}

#[test]
fn the_system_knows_its_loopback_and_not_a_strangers_address() {
    assert!(own::is_own_address("127.0.0.1".parse().unwrap()));
    assert!(!own::is_own_address("192.0.2.1".parse().unwrap()));
}

#[test]
fn allowances_are_read_and_printed() {
    let table = [
        ("10.0.0.0/8:443", "10.0.0.0/8:443"),
        ("127.0.0.1:*", "127.0.0.1/32:*"),
        ("[fd00::]/8:8443", "[fd00::]/8:8443"),
        ("fd00::/8:8443", "[fd00::]/8:8443"),
        ("[::1]:80", "[::1]/128:80"),
        ("[::ffff:10.0.0.0]/104:443", "10.0.0.0/8:443"),
    ];
    for (text, shown) in table {
        assert_eq!(text.parse::<Allowance>().unwrap().to_string(), shown);
    }
}

#[test]
fn allowances_cover_their_range_and_port_only() {
    let policy = policy(&["10.1.0.0/16:8443"]);
    for (text, passes) in [
        ("https://10.1.0.0:8443", true),
        ("https://10.1.255.255:8443", true),
        ("https://10.1.0.0:8444", false),
        ("https://10.1.0.0", false),
        ("https://10.0.255.255:8443", false),
        ("https://10.2.0.0:8443", false),
    ] {
        assert_eq!(policy.check_origin(&origin(text)).is_ok(), passes, "{text}");
    }
}

#[test]
fn malformed_allowances_are_refused() {
    let table = [
        "",
        ":",
        "10.0.0.0/8",
        "10.0.0.0/8:",
        "10.0.0.0/33:443",
        "10.0.0/8:443",
        "10.0.0.0/+8:443",
        "10.0.0.0/8:0",
        "10.0.0.0/8:65536",
        "10.0.0.0/8:0443",
        "10.0.0.0/8:http",
        "example.com:443",
        "fd00::1:443",
        "[fd00::/8:443",
        "[10.0.0.0]/8:443",
        "[fe80::1%eth0]:443",
        "*:443",
        " 10.0.0.0/8:443",
        "10.0.0.0/8:**",
    ];
    for text in table {
        assert!(matches!(text.parse::<Allowance>(), Err(AllowanceError::Malformed(_))), "{text}");
    }
    assert!(matches!("10.1.2.3/8:443".parse::<Allowance>(), Err(AllowanceError::NotANetwork { .. })));
    assert!(matches!("10.0.0.0/8:22".parse::<Allowance>(), Err(AllowanceError::BadPort { .. })));
}

#[test]
fn allowances_wholly_inside_a_range_that_is_never_opened_are_refused() {
    for range in ranges::NEVER {
        let text = |range: IpNet| match range {
            IpNet::V4(range) => format!("{range}:443"),
            IpNet::V6(range) => format!("[{}]/{}:443", range.addr(), range.prefix_len()),
        };
        for inside in [range, IpNet::from(range.network()), IpNet::from(range.broadcast())] {
            assert!(matches!(text(inside).parse::<Allowance>(), Err(AllowanceError::Never(_))), "{inside}");
        }
    }
    for text in ["[64:ff9b::a9fe:a9fe]:80", "[2002:a9fe:a9fe::1]:80", "[::ffff:169.254.0.0]/112:80"] {
        assert!(matches!(text.parse::<Allowance>(), Err(AllowanceError::Never(_))), "{text}");
    }
}

#[test]
fn what_a_lookup_answers_opens_no_name_and_no_port_that_is_never_dialled() {
    let public = addresses(&["8.8.8.8"]);
    for name in ["metadata.goog", "metadata.google.internal", "instance-data"] {
        let refused = policy(&[]).check_answers(&origin(&format!("https://{name}")), &public);
        assert_eq!(refused.unwrap_err().kind, "destination-refused", "{name}");
    }
    let widest = policy(&["0.0.0.0/0:*"]);
    for port in [22, 25, 6379] {
        let refused = widest.check_answers(&origin(&format!("https://api.example:{port}")), &public);
        assert_eq!(refused.unwrap_err().kind, "address-refused", "{port}");
    }
}

#[test]
fn an_own_listener_is_known_however_its_address_is_written() {
    let own = ["[::ffff:127.0.0.1]:8443", "[::ffff:0.0.0.0]:8444"].map(|text| text.parse().unwrap());
    let policy =
        Policy::new(vec!["127.0.0.1:*".parse().unwrap()], own.to_vec()).with_own_addresses(|_| false);
    for port in [8443, 8444] {
        assert_eq!(denied(&policy, &format!("https://127.0.0.1:{port}")).kind, "address-refused");
    }
    policy.check_origin(&origin("https://127.0.0.1:8445")).unwrap();
}

/// Written out once more, so that no row of the tables can go without a word.
#[test]
fn every_reserved_block_is_denied_by_its_own_addresses() {
    let v4 = [
        "0.0.0.0",
        "0.255.255.255",
        "10.0.0.0",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.0",
        "127.255.255.255",
        "168.63.129.16",
        "169.254.0.0",
        "169.254.255.255",
        "172.16.0.0",
        "172.31.255.255",
        "192.0.0.0",
        "192.0.0.255",
        "192.0.2.0",
        "192.0.2.255",
        "192.31.196.0",
        "192.31.196.255",
        "192.52.193.0",
        "192.52.193.255",
        "192.88.99.0",
        "192.88.99.255",
        "192.168.0.0",
        "192.168.255.255",
        "192.175.48.0",
        "192.175.48.255",
        "198.18.0.0",
        "198.19.255.255",
        "198.51.100.0",
        "198.51.100.255",
        "203.0.113.0",
        "203.0.113.255",
        "224.0.0.0",
        "239.255.255.255",
        "240.0.0.0",
        "255.255.255.255",
    ];
    let v6 = [
        "::",
        "::1",
        "::ffff:0:808:808",
        "64:ff9b::808:808",
        "64:ff9b:1::808:808",
        "100::1",
        "100:0:0:1::1",
        "2001::1",
        "2001:1ff:ffff::1",
        "2001:db8::1",
        "2001:db8:ffff::1",
        "2002:808:808::1",
        "2620:4f:8000::1",
        "2620:4f:8000:ffff::1",
        "3fff::1",
        "3fff:fff:ffff::1",
        "5f00::1",
        "fc00::1",
        "fdff::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for text in v4.into_iter().chain(v6) {
        let refusal = policy(&[]).check_origin(&literal(text.parse().unwrap())).err();
        assert_eq!(refusal.map(|refusal| refusal.kind), Some("address-refused"), "{text}");
    }
}

/// The list of the WHATWG Fetch standard, and databases and caches.
#[test]
fn every_bad_port_is_refused() {
    let fetch = "0 1 7 9 11 13 15 17 19 20 21 22 23 25 37 42 43 53 69 77 79 87 95 101 102 103 104 109 110 111 113 115 \
        117 119 123 135 137 139 143 161 179 389 427 465 512 513 514 515 526 530 531 532 540 548 554 556 563 587 601 \
        636 989 990 993 995 1719 1720 1723 2049 3659 4045 4190 5060 5061 6000 6566 6665 6666 6667 6668 6669 6679 \
        6697 10080";
    let databases = "1433 1521 3306 5432 6379 11211 27017 27018";
    let bad: Vec<u16> =
        fetch.split(' ').chain(databases.split(' ')).map(|port| port.parse().unwrap()).collect();
    for port in 0..=u16::MAX {
        assert_eq!(ports::is_bad(port), bad.contains(&port), "{port}");
    }
}

#[test]
fn every_name_of_a_metadata_service_is_refused_even_where_its_address_is_allowed() {
    let widest = policy(&["0.0.0.0/0:*", "[::]/0:*"]);
    for name in [
        "metadata",
        "metadata.google.internal",
        "metadata.goog",
        "instance-data",
        "instance-data.ec2.internal",
    ] {
        for text in [format!("http://{name}"), format!("https://x.{name}")] {
            assert_eq!(denied(&widest, &text).kind, "destination-refused", "{text}");
        }
    }
    for name in
        ["host.localdomain", "printer.local", "db.internal", "nas.home.arpa", "api.default.svc.cluster.local"]
    {
        assert_eq!(denied(&policy(&[]), &format!("https://{name}")).kind, "destination-refused", "{name}");
    }
}
