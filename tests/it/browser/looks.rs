//! How a page looks: its width, its colours, pictures of it.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::page::Page;
use crate::harness::place::target_dir;

/// A phone and a desk: width and height.
pub const SCREENS: [(u32, u32); 2] = [(390, 844), (1280, 800)];

impl Page {
    /// Makes the window so wide and high, and light or dark; the narrow one is a phone's.
    pub async fn emulate(&self, (width, height): (u32, u32), is_dark: bool) {
        let metrics = json!({
            "width": width, "height": height, "screenWidth": width, "screenHeight": height,
            "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if is_dark { "dark" } else { "light" };
        let features = json!([
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.devtools("Emulation.setEmulatedMedia", json!({"features": features})).await;
    }

    /// Looks at the page on each screen, light and dark, and keeps pictures. What should not be: something that reaches
    /// beyond the edge, keeps people out, is missing, or was complained of by the browser.
    pub async fn inspect(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        for screen in SCREENS {
            for is_dark in [false, true] {
                self.emulate(screen, is_dark).await;
                self.screenshot(name).await;
                found.extend(
                    self.overflow().await.into_iter().map(|it| format!("reaches beyond the edge: {it}")),
                );
                found.extend(self.accessibility_findings().await);
            }
        }
        found.extend(self.complaints().await);
        found.extend(self.missing().await);
        found.dedup();
        found.into_iter().map(|it| format!("{name}: {it}")).collect()
    }

    /// Nothing is found by [`Page::inspect`].
    pub async fn check_looks(&self, name: &str) {
        let found = self.inspect(name).await;
        assert!(found.is_empty(), "{}", found.join("\n"));
    }

    /// A picture of the whole page, in `screenshots` of the target folder, named by width and colours.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let script =
            "return [screen.width, screen.height, matchMedia('(prefers-color-scheme: dark)').matches]";
        let looks = self.driver.execute(script, []).await.unwrap().json().clone();
        let size = |at: usize| u32::try_from(looks[at].as_u64().unwrap()).unwrap();
        let (width, height, is_dark) = (size(0), size(1), looks[2] == json!(true));
        let content =
            self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"]["height"].clone();
        // As a window that needs no scrolling shows it: what sticks to the window's edge is then where it belongs.
        let whole = u32::try_from(content.as_f64().unwrap_or_default() as i64).unwrap_or(height).max(height);
        self.emulate((width, whole), is_dark).await;
        let path = self.picture(&format!("{name}-{width}-{}", if is_dark { "dark" } else { "light" })).await;
        self.emulate((width, height), is_dark).await;
        path
    }

    /// A picture of the whole page under this name.
    pub async fn picture(&self, name: &str) -> PathBuf {
        let size = self.devtools("Page.getLayoutMetrics", json!({})).await["cssContentSize"].clone();
        let clip = json!({"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1});
        let wishes = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let picture = self.devtools("Page.captureScreenshot", wishes).await;
        let bytes = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        let folder = target_dir().join("screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        std::fs::write(&path, bytes).unwrap();
        path
    }
}
