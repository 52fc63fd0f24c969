//! What one would write without Keystead's sandbox and egress: the same service in native code. Only the
//! bench has it. It reads tokens, fields and schema, keeps audit and sealed record in the same store, and
//! asks the application with the client's settings of egress; it knows no tokens, rules or search for secrets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use keystead::app::{Actor, App};
use keystead::domain::clock::{Clock as _, SystemClock};
use keystead::domain::credential::{Credential, Status, UsageCount};
use keystead::domain::evidence::Evidence;
use keystead::domain::fields::Fields;
use keystead::domain::id::{CredentialId, VerificationId};
use keystead::domain::rights::Scope;
use keystead::domain::{json, token};
use keystead::keyring::Binding;
use keystead::store::{NewCredential, NewVerification};
use serde_json::{Value, json};

/// A client with the settings that egress gives its own.
pub fn client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .referer(false)
        .http1_only()
        .connect_timeout(Duration::from_secs(5))
        .pool_idle_timeout(Duration::from_secs(4))
        .pool_max_idle_per_host(64)
        .build()
        .unwrap()
}

/// One call of the application, and nothing else.
pub async fn ask(client: &reqwest::Client, url: &str, key: &str) {
    let request = client.get(url).header("accept", "application/json").header("api_key", key);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let body = response.bytes().await.unwrap();
    let _: serde_json::Map<String, Value> = serde_json::from_slice(&body).unwrap();
}

struct Native {
    app: Arc<App>,
    client: reqwest::Client,
}

/// Serves on a free loopback port.
pub async fn serve(app: Arc<App>) -> SocketAddr {
    let native = Arc::new(Native { app, client: client() });
    let router = Router::new().route("/v1/credentials", post(create)).with_state(native);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        axum::serve(
            axum::serve::ListenerExt::tap_io(listener, |stream| drop(stream.set_nodelay(true))),
            router,
        )
        .await
    });
    address
}

async fn create(
    State(native): State<Arc<Native>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let app = &native.app;
    let text = headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let hash = token::parse(text).unwrap();
    let principal = app.store.find_token(&hash, SystemClock.now()).await.unwrap().unwrap();
    let Scope::Workspace(workspace) = &principal.scope else { panic!("a workspace's token") };
    let actor = Actor::Token(principal.token.clone());

    let mut members = json::parse_object(&body).unwrap();
    let Some(Value::Object(fields)) = members.shift_remove("fields") else { panic!("fields") };
    let component = app.catalogue.find(&members["component"].as_str().unwrap().parse().unwrap()).unwrap();
    let (_, descriptor) = component.active().unwrap();
    let mut fields = Fields::new(fields);
    descriptor.schema.apply_defaults(&mut fields);
    assert!(descriptor.schema.check(&fields).is_empty());

    let url = format!("{}/store/inventory", fields.text("/baseUrl").unwrap());
    ask(&native.client, &url, fields.text("/apiKey").unwrap()).await;

    let now = app.clock.now();
    if query.as_deref() == Some("dry_run=true") {
        let audit =
            app.audit_record(&actor, Some(workspace), "credential.dry-run", "petstore", "valid", json!({}));
        app.store.record_audit(audit).await.unwrap();
        return (StatusCode::OK, Json(json!({"outcome": "valid"})));
    }
    let id = CredentialId::generate(&*app.clock, &*app.entropy);
    let binding = Binding { workspace, component: &component.id, credential: &id, version: 1 };
    let record = app.keyring.seal(&*app.entropy, &binding, fields.expose_json().as_bytes()).unwrap();
    let audit =
        app.audit_record(&actor, Some(workspace), "credential.create", id.as_str(), "valid", json!({}));
    let evidence = Evidence { release: component.release.clone(), ..Evidence::default() };
    let credential = Credential {
        name: component.title.clone(),
        component: component.id.clone(),
        workspace: workspace.clone(),
        status: Status::Verified,
        account: None,
        public_fields: descriptor.schema.public_copy(&fields),
        secrets: descriptor.schema.secrets_in(&fields),
        destinations: Vec::new(),
        version: 1,
        revision: 1,
        release: component.release.clone(),
        usage: UsageCount::default(),
        verified_at: Some(now),
        last_used_at: None,
        created_at: now,
        updated_at: now,
        id,
    };
    let verification = NewVerification {
        id: VerificationId::generate(&*app.clock, &*app.entropy),
        at: now,
        outcome: "valid".to_owned(),
        evidence,
    };
    let answer =
        json!({"id": credential.id.as_str(), "status": "verified", "fields": credential.public_fields});
    let new = NewCredential {
        credential,
        record: record.bytes,
        key_id: record.key_id,
        verification,
        request: None,
        link: None,
    };
    app.store.insert_credential(new, audit).await.unwrap();
    (StatusCode::CREATED, Json(answer))
}
