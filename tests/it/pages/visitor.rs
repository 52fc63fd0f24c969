//! A browser without a window: it keeps its cookie, and posts forms as browsers do.

use std::sync::Mutex;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HOST, LOCATION, ORIGIN, SET_COOKIE};
use http::{HeaderMap, Response};

use super::html::{Form, Html};
use super::laws::{check_headers, check_html};
use super::site::Site;

/// What browsers accept where a page is to be shown.
pub const PAGES: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/// What the pages' script accepts.
pub const LINES: &str = "application/x-ndjson, text/html";

/// What a form is posted as.
pub const FORM: &str = "application/x-www-form-urlencoded";

pub struct Visitor<'a> {
    site: &'a Site,
    cookie: Mutex<Option<String>>,
    /// Every header and body that came back.
    seen: Mutex<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub html: Html,
}

impl Page {
    /// Where it leads on to; `""` where it does not.
    pub fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    /// Where it leads on to, without the query.
    pub fn path(&self) -> &str {
        self.location().split('?').next().unwrap()
    }

    pub fn says(&self, text: &str) -> bool {
        self.html.text.contains(text)
    }

    #[track_caller]
    pub fn check_says(&self, status: u16, text: &str) {
        assert_eq!(self.status, status, "{}", self.html.text);
        assert!(self.says(text), "{text:?} is not in: {}", self.html.text);
    }
}

impl<'a> Visitor<'a> {
    pub fn new(site: &'a Site) -> Self {
        Self { site, cookie: Mutex::default(), seen: Mutex::default() }
    }

    /// `name=value` of the cookie that it has.
    pub fn cookie(&self) -> Option<String> {
        self.cookie.lock().unwrap().clone()
    }

    /// Everything that came back so far.
    pub fn seen(&self) -> String {
        self.seen.lock().unwrap().clone()
    }

    /// A request with what every browser sends.
    pub fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let request = Request::builder().method(method).uri(path).header(HOST, self.site.host());
        match self.cookie() {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Page {
        let request = self.request("GET", path).header(ACCEPT, PAGES);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A request of one of the site's own pages that posts.
    pub fn own(&self, path: &str) -> http::request::Builder {
        let request = self.request("POST", path).header(ACCEPT, PAGES);
        request.header(ORIGIN, &self.site.origin).header("sec-fetch-site", "same-origin")
    }

    /// Posts a form from its page.
    pub async fn post(&self, form: Form) -> Page {
        let request = self.own(&form.action).header(CONTENT_TYPE, FORM);
        self.send(request.body(encode(&form.pairs).into()).unwrap()).await
    }

    /// Posts a form as the script does; the lines of the answer.
    pub async fn stream(&self, form: Form) -> Vec<serde_json::Value> {
        let response = self.open_stream(form).await;
        assert_eq!(response.headers()[CONTENT_TYPE], "application/x-ndjson");
        let page = self.read(response).await;
        page.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Posts a form as the script does.
    pub async fn open_stream(&self, form: Form) -> Response<Body> {
        let mut request = self.own(&form.action).header(CONTENT_TYPE, FORM);
        request.headers_mut().unwrap().insert(ACCEPT, LINES.parse().unwrap());
        self.site.send(request.body(encode(&form.pairs).into()).unwrap()).await
    }

    /// Posts a file with its form.
    pub async fn upload(&self, path: &str, token: &str, file: &[u8]) -> Page {
        let request = self.own(path).header(CONTENT_TYPE, "multipart/form-data; boundary=bound");
        self.send(request.body(multipart(token, file).into()).unwrap()).await
    }

    /// Opens a page, and posts its form with this action and these values.
    pub async fn submit(&self, path: &str, action: &str, values: &[(&str, &str)]) -> Page {
        let page = self.get(path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.html.text);
        self.post(page.html.form(action).with(values)).await
    }

    /// The token that forms of this visitor carry.
    pub async fn form_token(&self) -> String {
        self.get("/account").await.html.form("/sign-out").get("form_token").unwrap().to_owned()
    }

    pub async fn send(&self, request: Request) -> Page {
        self.read(self.site.send(request).await).await
    }

    async fn read(&self, response: Response<Body>) -> Page {
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for value in parts.headers.get_all(SET_COOKIE) {
            let value = value.to_str().unwrap();
            let pair = value.split(';').next().unwrap().to_owned();
            *self.cookie.lock().unwrap() = Some(pair).filter(|_| !value.contains("Max-Age=0"));
        }
        self.seen.lock().unwrap().push_str(&format!("{:?}\n{text}\n", parts.headers));
        let is_html = parts.headers.get(CONTENT_TYPE).is_some_and(|kind| kind == "text/html; charset=utf-8");
        let html = if is_html { Html::parse(&text) } else { Html::default() };
        if is_html {
            check_headers(&parts.headers);
            // Of what was asked for by HEAD there is nothing more.
            if !text.is_empty() {
                check_html(&html, &self.site.helps);
            }
        }
        Page { status: parts.status.as_u16(), headers: parts.headers, text, html }
    }
}

pub fn encode(pairs: &[(String, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

pub fn multipart(token: &str, file: &[u8]) -> Vec<u8> {
    let mut body = format!(
        "--bound\r\ncontent-disposition: form-data; name=\"form_token\"\r\n\r\n{token}\r\n--bound\r\n\
         content-disposition: form-data; name=\"plugin\"; filename=\"plugin.wasm\"\r\n\
         content-type: application/wasm\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--bound--\r\n");
    body
}
