//! The answer that the script reads: lines that tell how far it is.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use http::Response;
use http::header::CONTENT_TYPE;
use hyper::body::Body as _;
use keystead::api::Settings;
use keystead::app::Actor;
use keystead::domain::clock::SystemClock;
use keystead::sandbox;
use serde_json::Value;

use super::html::{Form, Html};
use super::laws::check_html;
use super::site::Site;
use crate::api::service::{Service, address};
use crate::harness::databases::{Database, on_both_databases};
use crate::harness::wasm::plugin;

const NEW: &str = "/w/default/components/petstore/new";

/// With room for one verification at a time.
async fn narrow(database: Database, settings: Settings) -> Site {
    let limits = sandbox::Settings { concurrency: 1, ..Default::default() };
    let service = Service::with_all(database, settings.clone(), limits, Arc::new(SystemClock)).await;
    keystead::install::install(&service.app, &Actor::Operator, plugin("petstore")).await.unwrap();
    Site::with(service, settings, Some(address())).await
}

fn filled(form: Form, shop: &str) -> Form {
    form.with(&[("name", "Shop"), ("/apiKey", "the-key-4711"), ("/baseUrl", shop)])
}

fn lines(response: Response<Body>) -> Body {
    assert_eq!(response.headers()[CONTENT_TYPE], "application/x-ndjson");
    response.into_body()
}

/// What comes next of a body.
async fn next(body: &mut Body) -> Bytes {
    let frame = std::future::poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await;
    frame.unwrap().unwrap().into_data().unwrap()
}

/// The stages that were told before the last line, and that line.
fn split(mut lines: Vec<Value>) -> (Vec<String>, Value) {
    let last = lines.pop().unwrap();
    let stages = lines.iter().map(|line| line["stage"].as_str().unwrap().to_owned()).collect();
    (stages, last)
}

on_both_databases! {
    async fn the_stream_tells_stages_and_then_where_to_go(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let form = filled(ada.get(NEW).await.html.form(NEW), &site.shop("good"));
        let (stages, last) = split(ada.stream(form.clone()).await);
        let known = ["waiting", "checking", "running", "connecting", "asking", "saving"];
        assert!(!stages.is_empty() && stages.iter().all(|stage| known.contains(&stage.as_str())), "{stages:?}");
        let id = site.credentials().await[0]["id"].as_str().unwrap().to_owned();
        assert_eq!(last["location"], format!("/w/default/credentials/{id}?done=created"));
        // The same form again, with script or without.
        let (_, again) = split(ada.stream(form.clone()).await);
        assert_eq!(again["location"], format!("/w/default/credentials/{id}?done=replayed"));
        assert_eq!(site.count("credentials").await, 1);

        let edit = format!("/w/default/credentials/{id}/edit");
        let form = ada.get(&edit).await.html.form(&edit).with(&[("name", "Other")]);
        let (_, last) = split(ada.stream(form).await);
        assert_eq!(last["location"], format!("/w/default/credentials/{id}?done=edited"));
        let base = format!("/w/default/credentials/{id}");
        let verify = ada.get(&base).await.html.form(&format!("{base}/verify"));
        let (_, last) = split(ada.stream(verify).await);
        assert_eq!(last["location"], format!("{base}?done=verified"));
    }

    async fn the_stream_ends_with_the_page_that_a_post_would_show(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        for (shop, told) in [("bad", "does not accept it"), ("busy", "could not be asked"), ("", "Please correct this")] {
            let url = if shop.is_empty() { "no url".to_owned() } else { site.shop(shop) };
            let form = filled(ada.get(NEW).await.html.form(NEW), &url);
            let (_, last) = split(ada.stream(form.clone()).await);
            let html = Html::parse(last["page"].as_str().unwrap());
            check_html(&html, &site.helps);
            assert!(html.text.contains(told), "{}", html.text);
            let posted = ada.post(form).await;
            assert_eq!(posted.html.elements.len(), html.elements.len());
            assert_eq!(html.value("/apiKey").unwrap(), "");
        }
        assert_eq!(site.count("credentials").await, 0);
    }

    async fn who_goes_away_half_way_cancels_and_nothing_is_saved(db: Database) {
        let site = narrow(db, Settings::default()).await;
        let ada = site.ada().await;
        let form = filled(ada.get(NEW).await.html.form(NEW), &site.shop("mute"));
        let mut stream = lines(ada.open_stream(form).await);
        let first = next(&mut stream).await;
        assert!(first.starts_with(b"{\"stage\":"), "{first:?}");
        site.service.upstream.until_kept_waiting(1).await;
        assert_eq!(site.service.app.sandbox.load().running, 1);
        drop(stream);
        site.service.upstream.until_kept_waiting(0).await;
        // The only slot is free for the next one.
        let form = filled(ada.get(NEW).await.html.form(NEW), &site.shop("good"));
        let (_, last) = split(ada.stream(form).await);
        assert!(last["location"].is_string(), "{last}");
        assert_eq!((site.count("credentials").await, site.deeds("credential.create", "cancelled").await), (1, 1));
    }

    async fn an_edit_that_is_left_half_way_changes_nothing(db: Database) {
        let site = narrow(db, Settings::default()).await;
        let ada = site.ada().await;
        let id = site.credential("Shop").await;
        let before = site.shown(&id).await;
        let edit = format!("/w/default/credentials/{id}/edit");
        let form = ada.get(&edit).await.html.form(&edit).with(&[("name", "Other"), ("/baseUrl", &site.shop("mute"))]);
        let mut stream = lines(ada.open_stream(form).await);
        next(&mut stream).await;
        site.service.upstream.until_kept_waiting(1).await;
        drop(stream);
        site.service.upstream.until_kept_waiting(0).await;
        // The next one waits for the only slot, which is free when the first one has ended.
        let verify = format!("/w/default/credentials/{id}/verify");
        let form = ada.get(&format!("/w/default/credentials/{id}")).await.html.form(&verify);
        let (_, last) = split(ada.stream(form).await);
        assert!(last["location"].is_string(), "{last}");
        let after = site.shown(&id).await;
        for member in ["name", "fields", "status"] {
            assert_eq!(after[member], before[member], "{member}");
        }
        assert_eq!(site.deeds("credential.edit", "cancelled").await, 1);
    }

    async fn what_takes_too_long_is_told_and_recorded(db: Database) {
        let site = narrow(db, Settings { request_ms: 1_000, ..Default::default() }).await;
        let ada = site.ada().await;
        let form = filled(ada.get(NEW).await.html.form(NEW), &site.shop("mute"));
        let (_, last) = split(ada.stream(form).await);
        let html = Html::parse(last["page"].as_str().unwrap());
        assert!(html.text.contains("took too long") || html.text.contains("too long"), "{}", html.text);
        site.service.upstream.until_kept_waiting(0).await;
        let form = filled(ada.get(NEW).await.html.form(NEW), &site.shop("good"));
        let (_, last) = split(ada.stream(form).await);
        assert!(last["location"].is_string(), "{last}");
        assert_eq!((site.count("credentials").await, site.deeds("credential.create", "cancelled").await), (1, 1));
    }

    async fn what_is_refused_before_anything_runs_is_a_page_for_the_script_too(db: Database) {
        let site = Site::over(db).await;
        let ada = site.ada().await;
        let bob = site.invited("bob", "default", &[keystead::domain::rights::Right::CredentialsRead]).await;
        let form = filled(ada.get(NEW).await.html.form(NEW), &site.shop("good"));
        let before = site.state().await;
        for (visitor, form, status) in [
            (&ada, form.clone().with(&[("form_token", "wrong")]), 403),
            (&ada, form.clone().without("form_token"), 403),
            (&ada, form.clone().without("key"), 400),
            (&bob, form.clone().with(&[("form_token", &bob.form_token().await)]), 403),
        ] {
            let response = visitor.open_stream(form).await;
            assert_eq!(response.status(), status);
            // The script shows it.
            assert_eq!(response.headers()[CONTENT_TYPE], "text/html; charset=utf-8");
        }
        assert_eq!(site.state().await, before);
        // Who was signed out meanwhile is led to where one signs in.
        ada.submit("/account", "/sign-out", &[]).await;
        let response = ada.open_stream(form).await;
        assert_eq!(response.status(), 303);
        assert_eq!(response.headers()["location"], "/sign-in");
    }
}
