//! Lists: filters, and cursors that continue no other list.

use keystead::domain::rights::Right;
use serde_json::{Value, json};

use super::service::Service;
use crate::harness::databases::on_both_databases;

/// Names on all pages of a list, two by two.
async fn names(service: &Service, token: &str, filter: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut path = format!("/v1/credentials?limit=2{filter}");
    loop {
        let page = service.call("GET", &path, token).await;
        assert_eq!(page.status, 200, "{}", page.text);
        names.extend(
            page.body["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        let Some(cursor) = page.body["next_cursor"].as_str() else { return names };
        path = format!("/v1/credentials?limit=2{filter}&cursor={cursor}");
    }
}

on_both_databases! {
    async fn filters_narrow_a_list_together(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let all = [("Shop a", "good"), ("Shop b", "busy"), ("shop c", "good"), ("100%", "busy"), ("100_", "good"), ("1000", "good"), ("Ä", "good"), ("\u{10ffff}x", "good")];
        for (name, shop) in all {
            let mut draft = service.draft(shop);
            draft["name"] = name.into();
            draft["accept_unverified"] = true.into();
            assert_eq!(service.post("/v1/credentials", &token, &draft).await.status, 201);
        }
        let every: Vec<&str> = all.map(|(name, _)| name).to_vec();
        let cases: [(&str, Vec<&str>); 13] = [
            ("", every.clone()),
            ("&component=petstore", every),
            ("&component=other", vec![]),
            ("&status=unverified", vec!["Shop b", "100%"]),
            ("&status=rejected", vec![]),
            ("&component=petstore&status=unverified", vec!["Shop b", "100%"]),
            ("&name_prefix=Shop", vec!["Shop a", "Shop b"]),
            ("&name_prefix=100", vec!["100%", "100_", "1000"]),
            ("&name_prefix=100%25", vec!["100%"]),
            ("&name_prefix=100_", vec!["100_"]),
            ("&name_prefix=%C3%84", vec!["Ä"]),
            ("&name_prefix=%F4%8F%BF%BF", vec!["\u{10ffff}x"]),
            ("&component=petstore&status=verified&name_prefix=Shop+", vec!["Shop a"]),
        ];
        for (filter, mut expected) in cases {
            let mut found = names(&service, &token, filter).await;
            // Within one millisecond ids have no order.
            found.sort();
            expected.sort_unstable();
            assert_eq!(found, expected, "{filter}");
        }
    }

    async fn a_cursor_continues_its_own_list_alone(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        for _ in 0..3 {
            assert_eq!(service.post("/v1/credentials", &token, &service.draft("good")).await.status, 201);
        }
        let filters = ["", "&component=petstore", "&status=verified", "&component=petstore&status=verified", "&name_prefix=P", "&name_prefix=Pe"];
        for filter in filters {
            let page = service.call("GET", &format!("/v1/credentials?limit=2{filter}"), &token).await;
            let cursor = page.body["next_cursor"].as_str().unwrap_or_else(|| panic!("{}", page.text));
            for other in filters {
                let answer = service.call("GET", &format!("/v1/credentials?limit=1{other}&cursor={cursor}"), &token).await;
                if other == filter {
                    assert_eq!((answer.status, &answer.body["next_cursor"]), (200, &Value::Null), "{}", answer.text);
                } else {
                    assert_eq!(answer.outcome(), (400, "cursor-invalid"), "{filter} {other}");
                }
            }
        }
    }

    async fn a_prefix_of_names_lists_by_name(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        for name in ["Shop b", "Shop", "Shop a", "Shop b", "Shop a", "Ship", "Shop a/b", "Shop"] {
            let mut draft = service.draft("good");
            draft["name"] = name.into();
            assert_eq!(service.post("/v1/credentials", &token, &draft).await.status, 201);
        }
        for limit in [1, 2, 3] {
            let (mut found, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = service.call("GET", &format!("/v1/credentials?name_prefix=Shop&limit={limit}{cursor}"), &token).await;
                let items = page.body["items"].as_array().unwrap().clone();
                found.extend(items.iter().map(|one| (one["name"].as_str().unwrap().to_owned(), one["id"].as_str().unwrap().to_owned())));
                match page.body["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let names: Vec<_> = found.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["Shop", "Shop", "Shop a", "Shop a", "Shop a/b", "Shop b", "Shop b"]);
            assert!(found.is_sorted(), "{found:?}");
        }
    }

    async fn values_that_no_filter_can_have_are_named(db: Database) {
        let service = Service::with_petstore(db).await;
        let token = service.member(&[Right::Admin]).await;
        let long = format!("name_prefix={}", "a".repeat(201));
        for query in ["status=", "status=Verified", "status=ok", "name_prefix=", "name_prefix=%00", "name_prefix=a%0A", &long, "component=", "component=A", "name=x", "status=verified&status=verified"] {
            let answer = service.call("GET", &format!("/v1/credentials?{query}"), &token).await;
            assert_eq!(answer.outcome(), (400, "request-invalid"), "{query}");
            assert_eq!(answer.body["parameter"], json!(query.split('=').next().unwrap()), "{query}");
        }
    }
}
