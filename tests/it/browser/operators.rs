//! Operators install components by upload.

use super::site::Site;
use crate::harness::databases::on_both_databases;
use crate::harness::place::target_dir;
use crate::harness::wasm::plugin_file;

on_both_databases! {
    async fn an_operator_sees_what_a_plugin_asks_for_before_it_is_installed(db: Database) {
        let mut site = Site::start(db).await;
        let page = site.first_user().await;
        page.follow("Install a component").await;
        page.upload("Plugin file", &target_dir().join("guests/nonsense-descriptor.wasm")).await;
        page.press("Look at it").await;
        page.sees("This plugin cannot be installed").await;

        page.upload("Plugin file", &plugin_file("petstore")).await;
        page.press("Look at it").await;
        page.sees("Install Petstore?").await;
        page.sees("Petstore may send GET").await;
        page.check_looks("install-consent").await;
        assert_eq!(site.call("GET", "/v1/components", None).await["items"], serde_json::json!([]));
        page.press("Allow this and install").await;
        page.sees("The component is installed.").await;
        page.is_at("/components/petstore").await;
        page.follow("Credentials").await;
        page.sees("Petstore").await;
        page.open("/components/petstore").await;
        page.press("Remove the component").await;
        page.sees("The component is removed.").await;
        page.check_console().await;
    }
}
