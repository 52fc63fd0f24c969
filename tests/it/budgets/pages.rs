//! What people read when a budget is used up.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use keystead::api::Settings;
use keystead::app::Actor;
use keystead::budgets;

use crate::api::service::{Hands, Service, address};
use crate::harness::databases::on_both_databases;
use crate::harness::wasm::plugin;
use crate::pages::site::Site;

const NEW: &str = "/w/default/components/petstore/new";

on_both_databases! {
    async fn a_form_says_how_long_to_wait_and_keeps_what_was_typed(db: Database) {
        let clock = Arc::new(Hands(AtomicI64::new(1_800_000_000_000)));
        let budgets = budgets::Settings { failures: 2, ..Default::default() };
        let service = Service::with_budgets(db, budgets, clock).await;
        keystead::install::install(&service.app, &Actor::Operator, plugin("petstore")).await.unwrap();
        let site = Site::with(service, Settings::default(), Some(address())).await;
        let ada = site.ada().await;
        let (good, bad) = (site.shop("good"), site.shop("bad"));
        let typed = |shop| [("name", "Shop"), ("/apiKey", "the-key-4711"), ("/baseUrl", shop)];
        let page = ada.submit(NEW, NEW, &typed(good.as_str())).await;
        let stored = page.path().to_owned();
        for _ in 0..2 {
            ada.submit(NEW, NEW, &typed(bad.as_str())).await.check_says(422, "Petstore does not accept it");
        }
        let page = ada.submit(NEW, NEW, &typed(good.as_str())).await;
        page.check_says(429, "Too many attempts have failed");
        page.check_says(429, "60 seconds");
        assert_eq!(page.headers["retry-after"], "60");
        assert!(page.text.contains(&good) && !page.text.contains("the-key-4711"));
        let page = ada.submit(&stored, &format!("{stored}/verify"), &[]).await;
        page.check_says(429, "It could not be verified");
        page.check_says(429, "60 seconds");
        assert_eq!(page.headers["retry-after"], "60");
        assert_eq!(site.credentials().await[0]["status"], "verified");
    }
}
