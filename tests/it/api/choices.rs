//! Fields that depend on a choice: made, stored and edited, as clients send them and as a form posts them.

use keystead::app::Actor;
use keystead::domain::descriptor::{Descriptor, FieldSchema};
use keystead::domain::fields::Fields;
use keystead::domain::rights::Right;
use keystead::ui::form::{Form, Kind, Posted, Stored, read_new, read_patch};
use serde_json::{Map, Value, json};

use super::service::{Answer, Service};
use crate::harness::databases::on_both_databases;
use crate::harness::recorder::header;
use crate::harness::wasm::guest;

fn schema() -> FieldSchema {
    Descriptor::parse(include_str!("../../guests/kitchen/descriptor.json")).unwrap().schema
}

async fn with_kitchen(database: crate::harness::databases::Database) -> Service {
    let service = Service::over(database).await;
    keystead::install::install(&service.app, &Actor::Operator, guest("kitchen")).await.unwrap();
    service
}

/// What a browser posts of a form after these boxes were filled in and nothing else was touched.
fn fill(form: &Form, typed: &[(&str, &str)]) -> Posted {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for control in &form.controls {
        let text = typed.iter().find(|(name, _)| *name == control.pointer).map(|(_, text)| *text);
        match (control.kind, text) {
            (Kind::Checkbox, None) if !control.checked => {}
            (_, text) => {
                pairs.push((control.pointer.clone(), text.unwrap_or(&control.value).replace('\n', "\r\n")))
            }
        }
    }
    Posted::new(pairs)
}

fn json_of(fields: &Fields) -> Value {
    serde_json::from_str(&fields.expose_json()).unwrap()
}

/// The form of a credential that the API has shown.
fn stored(shown: &Answer) -> (Map<String, Value>, Vec<String>) {
    let secrets = shown.body["secrets"].as_array().unwrap();
    let secrets = secrets.iter().map(|pointer| pointer.as_str().unwrap().to_owned()).collect();
    (shown.body["fields"].as_object().unwrap().clone(), secrets)
}

on_both_databases! {
    async fn a_credential_is_made_and_changes_its_choice(db: Database) {
        let service = with_kitchen(db).await;
        let token = service.member(&[Right::Admin]).await;
        let schema = schema();
        let typed = [("/apiKey", "k3y-of-ada"), ("/baseUrl", &*service.upstream.origin()), ("/auth", "password"), ("/user", "ada"),
            ("/password", "p455word"), ("/privateKey", "typed before the choice was changed")];
        let new = read_new(&schema, &fill(&Form::blank(&schema), &typed)).unwrap();
        let created = service.post("/v1/credentials", &token, &json!({"component": "kitchen", "fields": json_of(&new)})).await;
        assert_eq!((created.status, &created.body["secrets"]), (201, &json!(["/apiKey", "/password"])), "{}", created.text);
        let path = format!("/v1/credentials/{}", created.body["id"].as_str().unwrap());

        // Somebody who changes the choice alone is told what stands in its way.
        let refused = service.patch(&path, &token, &json!({"fields": {"auth": "none"}})).await;
        assert_eq!(refused.outcome(), (422, "fields-invalid"));
        assert_eq!(refused.pointers(), ["/user", "/password"], "{}", refused.text);
        assert!(refused.text.contains("belongs to another choice of Sign-in"), "{}", refused.text);

        let (public, secrets) = stored(&created);
        let before = Stored::new(&public, &secrets);
        let form = Form::stored(&schema, &before);
        assert_eq!(json_of(&read_patch(&schema, &before, &fill(&form, &[])).unwrap()), json!({}));
        let patch = read_patch(&schema, &before, &fill(&form, &[("/auth", "key"), ("/privateKey", "one\ntwo\n")])).unwrap();
        let edited = service.patch(&path, &token, &json!({"fields": json_of(&patch)})).await;
        assert_eq!((edited.status, &edited.body["secrets"]), (200, &json!(["/apiKey", "/privateKey"])), "{}", edited.text);
        assert_eq!((&edited.body["fields"]["auth"], &edited.body["fields"]["user"]), (&json!("key"), &json!("ada")));
        let sent = service.upstream.received();
        let passwords: Vec<_> = sent.iter().map(|request| header(request, "x-password")).collect();
        assert_eq!(passwords, [Some("p455word"), None]);
        assert!(sent.iter().all(|request| header(request, "api_key") == Some("k3y-of-ada")));
    }

    async fn a_destination_that_comes_with_a_choice_asks_for_the_stored_secrets(db: Database) {
        let service = with_kitchen(db).await;
        let token = service.member(&[Right::Admin]).await;
        let fields = json!({"apiKey": "k3y-of-ada", "baseUrl": service.upstream.origin()});
        let created = service.post("/v1/credentials", &token, &json!({"component": "kitchen", "fields": fields})).await;
        assert_eq!(created.status, 201, "{}", created.text);
        let path = format!("/v1/credentials/{}", created.body["id"].as_str().unwrap());
        let events = json!({"notify": true, "eventsUrl": "https://elsewhere.example", "eventsKey": "3vents-key"});
        let refused = service.patch(&path, &token, &json!({"fields": events})).await;
        assert_eq!(refused.outcome(), (422, "secrets-must-be-resent"), "{}", refused.text);
        assert_eq!(service.upstream.received().len(), 1, "nothing was sent");
        let events = json!({"notify": true, "eventsUrl": service.upstream.origin(), "eventsKey": "3vents-key"});
        let edited = service.patch(&path, &token, &json!({"fields": events})).await;
        assert_eq!(edited.status, 200, "the same origin: {}", edited.text);
        let back = service.patch(&path, &token, &json!({"fields": {"notify": null, "eventsUrl": null, "eventsKey": null}})).await;
        assert_eq!((back.status, &back.body["secrets"]), (200, &json!(["/apiKey"])), "{}", back.text);
    }
}
