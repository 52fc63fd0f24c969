//! What the tables of the policy refuse, written out once more.

use super::*;

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

/// By literals, so that no row of a table can go unnoticed.
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
