//! One lookup for each connection, judged whole, and only its answers dialled.

use super::upstream::Upstream;
use super::*;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn a_connection_costs_one_lookup_and_its_reuse_none() {
    let upstream = Upstream::keeping(OK).await;
    let table = Table::with("api.example", &[&["127.0.0.1"]]);
    let transport = transport(loopback(), Arc::clone(&table));
    for _ in 0..3 {
        ask(&transport, "api.example", upstream.port).await.unwrap();
    }
    assert_eq!((table.lookups(), upstream.connections()), (1, 1));
}

#[tokio::test]
async fn the_dialled_address_is_an_answer_of_the_lookup_that_was_judged() {
    // A second lookup within the first connection would lead to 127.0.0.3, where nobody is allowed.
    let upstream = Upstream::answering(OK).await;
    let table = Table::with("api.example", &[&["127.0.0.1"], &["127.0.0.3"]]);
    let transport = transport(loopback(), Arc::clone(&table));
    assert_eq!(ask(&transport, "api.example", upstream.port).await.unwrap().body, b"ok");
    assert_eq!(table.lookups(), 1);
    // The next connection asks anew and is judged anew.
    assert_eq!(failure(ask(&transport, "api.example", upstream.port).await).kind, "address-refused");
    assert_eq!((table.lookups(), upstream.connections()), (2, 1));
}

#[tokio::test]
async fn one_denied_answer_among_allowed_ones_opens_no_socket() {
    let upstream = Upstream::answering(OK).await;
    for row in [["127.0.0.1", "10.0.0.1"], ["127.0.0.1", "::1"], ["169.254.169.254", "127.0.0.1"]] {
        let table = Table::with("api.example", &[&row]);
        let outcome = ask(&transport(loopback(), table), "api.example", upstream.port).await;
        assert_eq!(failure(outcome).kind, "address-refused");
    }
    assert_eq!(upstream.connections(), 0);
}

#[tokio::test]
async fn by_default_no_name_and_no_address_leads_to_this_machine() {
    let upstream = Upstream::answering(OK).await;
    let table = Table::with("api.example", &[&["127.0.0.1"]]);
    let transport = transport(Settings::default(), Arc::clone(&table));
    for host in ["api.example", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0"] {
        for scheme in ["http", "https"] {
            let origin = Origin::parse(&format!("{scheme}://{host}:{}", upstream.port)).unwrap();
            let request = get(&origin.to_string());
            let outcome =
                transport.exchange(&workspace("default"), &origin, request, Duration::from_secs(5)).await;
            assert!(failure(outcome).kind.ends_with("-refused"), "{origin}");
        }
    }
    assert_eq!((upstream.connections(), table.lookups()), (0, 1), "only the https name is looked up");
}

#[tokio::test]
async fn literal_addresses_are_never_looked_up() {
    let upstream = Upstream::answering(OK).await;
    let table = Arc::new(Table::default());
    let transport = transport(loopback(), Arc::clone(&table));
    ask(&transport, "127.0.0.1", upstream.port).await.unwrap();
    assert_eq!(failure(ask(&transport, "127.0.0.3", upstream.port).await).kind, "address-refused");
    assert_eq!(table.lookups(), 0);
}

#[tokio::test]
async fn a_second_answer_is_dialled_where_the_first_is_silent() {
    let upstream = Upstream::answering(OK).await;
    let table = Table::with("api.example", &[&["127.0.0.2", "127.0.0.1"]]);
    assert!(ask(&transport(loopback(), table), "api.example", upstream.port).await.is_ok());
}

#[tokio::test]
async fn unknown_empty_and_crowded_names_fail_alike() {
    let crowd: Vec<String> = (0..65).map(|n| format!("127.0.1.{n}")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    let tables = [
        Arc::new(Table::default()),
        Table::with("api.example", &[&[]]),
        Table::with("api.example", &[&crowd]),
    ];
    let mut told = Vec::new();
    for table in tables {
        let settings = Settings { allow: vec!["127.0.0.0/8:*".into()], ..Settings::default() };
        told.push(failure(ask(&transport(settings, table), "api.example", 8080).await));
    }
    assert!(told.iter().all(|error| error.kind == "dns" && *error == told[0]), "{told:?}");
}

#[tokio::test]
async fn a_slow_lookup_falls_under_the_one_deadline() {
    struct Stuck;
    impl Resolve for Stuck {
        fn resolve<'a>(&'a self, _: &'a str) -> Resolving<'a> {
            Box::pin(std::future::pending())
        }
    }
    let settings = Settings { exchange_ms: 200, ..loopback() };
    let policy = Policy::new(settings.allowances().unwrap(), Vec::new());
    let transport = Transport::new(&settings, policy, Arc::new(Stuck)).unwrap();
    assert_eq!(failure(ask(&transport, "api.example", 8080).await).kind, "timeout");
}

#[tokio::test]
async fn the_systems_resolver_reads_the_hosts_file() {
    let found =
        keystead::egress::resolver::SystemResolver::new().unwrap().resolve("localhost").await.unwrap();
    assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
}
