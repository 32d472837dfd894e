//! Requests that the program makes itself, in the place of somebody: to explain and to test permissions.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use mwallet_auth::Principal;

use crate::app::App;
use crate::handler::Handler;
use crate::problem::Problem;

/// A request that the program makes itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct OwnRequest<'r> {
    /// The method.
    pub method: &'r str,
    /// The path with its parameters.
    pub path: &'r str,
    /// The header `Prefer`.
    pub prefer: Option<&'r str>,
    /// The body, as JSON.
    pub body: Option<&'r str>,
}

impl OwnRequest<'_> {
    /// The request as it would come by a network.
    ///
    /// # Errors
    ///
    /// If the method, the path or the header cannot be sent.
    pub(crate) fn build(self) -> Result<Request<Body>, Problem> {
        let mut request = Request::builder().method(self.method).uri(self.path);
        if let Some(prefer) = self.prefer {
            request = request.header("prefer", prefer);
        }
        let body = match self.body {
            None => Body::empty(),
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_owned())
            }
        };
        request
            .body(body)
            .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "PGRST100", format!("this is no request: {error}")))
    }
}

impl App {
    /// Answers a request that the program makes itself, in the place of somebody. Returns the status and the body.
    ///
    /// # Errors
    ///
    /// If it is no request, or if the answer breaks off.
    pub async fn ask(
        &self,
        principal: Arc<Principal>,
        request: OwnRequest<'_>,
    ) -> Result<(StatusCode, Bytes), Problem> {
        let mut request = request.build()?;
        request.extensions_mut().insert(principal);
        let response = self.handle(request).await;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|_| Problem::internal())?;
        Ok((status, body.to_bytes()))
    }
}
