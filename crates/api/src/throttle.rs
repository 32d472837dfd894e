//! Limits of those who ask: how many requests in a time, how many at once, and how many of them as streams. The
//! permissions say which; here is who has used how much.

mod buckets;
mod running;

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::http::header::HeaderName;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use mwallet_auth::{Identity, Limit, Rate};
use mwallet_db::schema::Sources;

use self::buckets::{Buckets, Left};
use self::running::{Place, Running};
use crate::client::Client;
use crate::problem::{Problem, whole_seconds};

/// The headers of the IETF's draft for limits.
const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Who has used how much.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    buckets: Buckets,
    requests: Running,
    streams: Running,
    /// Nobody outside knows whose hashes meet.
    hashes: RandomState,
}

/// Who is limited.
#[derive(Debug, Hash)]
pub(crate) enum Limited<'a> {
    /// Whoever calls from an address, before it is known who that is.
    Address(Network),
    /// A user or a key.
    Identity(&'a Identity),
    /// Those from an address who have not said who they are.
    Anonymous(Network),
    /// Nobody knows from where: the program itself.
    Program,
}

/// An address, of IPv6 the network: whoever has one has 2^64 of them.
#[derive(Debug, Hash)]
pub(crate) struct Network(u64);

impl<'a> Limited<'a> {
    /// Whoever calls from the address of a client.
    pub(crate) fn address(client: Client) -> Self {
        client.address.map_or(Self::Program, |address| Self::Address(Network::of(address)))
    }

    /// Somebody who was identified.
    pub(crate) fn caller(identity: Option<&'a Identity>, client: Client) -> Self {
        match (identity, client.address) {
            (Some(identity), _) => Self::Identity(identity),
            (None, Some(address)) => Self::Anonymous(Network::of(address)),
            (None, None) => Self::Program,
        }
    }

    /// What the limit is called.
    fn name(&self) -> &'static str {
        match self {
            Self::Address(_) | Self::Anonymous(_) | Self::Program => "address",
            Self::Identity(Identity::User(_)) => "account",
            Self::Identity(Identity::Key(_)) => "key",
        }
    }
}

impl Network {
    fn of(address: IpAddr) -> Self {
        Self(match address {
            IpAddr::V4(address) => u64::from(u32::from(address)),
            // The first half is never that of an IPv4 address: those are as IPv6 in ::ffff:0:0/96.
            IpAddr::V6(address) => u64::try_from(u128::from(address) >> 64).unwrap_or_default(),
        })
    }
}

/// What a request was let in with. It has its places until it is dropped.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    places: Vec<Place>,
    headers: Option<(HeaderValue, HeaderValue)>,
    /// By whom streams are counted, and the most of them.
    streams: Vec<(u64, u32)>,
}

impl Throttle {
    /// Lets a request in by a limit.
    ///
    /// # Errors
    ///
    /// If its sender has used up what they may.
    pub(crate) fn admit(
        &self,
        who: &Limited<'_>,
        limit: &Limit,
        sources: &dyn Sources,
        admitted: &mut Admitted,
    ) -> Result<(), Problem> {
        if *limit == Limit::default() {
            return Ok(());
        }
        let key = self.hashes.hash_one(who);
        if let Some(rate) = &limit.rate {
            let left = self.buckets.take(key, rate, sources.now());
            admitted.headers = Some(headers(who.name(), rate, left));
            if let Err(wait) = left {
                let message = format!("too many requests: {} in {:?} are allowed", rate.requests, rate.period);
                return Err(Problem::too_many(message, wait));
            }
        }
        if let Some(most) = limit.concurrent {
            let place = self.requests.take(key, most);
            let place = place.ok_or_else(|| {
                Problem::too_many(format!("too many requests at once: {most} are allowed"), Duration::from_secs(1))
            })?;
            admitted.places.push(place);
        }
        admitted.streams.extend(limit.streams.map(|most| (key, most)));
        Ok(())
    }

    /// Keeps the places of a response until it is sent, and counts it if it is a stream.
    pub(crate) fn hold(&self, mut admitted: Admitted, mut response: Response) -> Response {
        let is_stream = response.body().size_hint().exact().is_none();
        for (key, most) in admitted.streams.iter().filter(|_| is_stream) {
            let Some(place) = self.streams.take(*key, *most) else {
                let message = format!("too many streams at once: {most} are allowed");
                response = Problem::too_many(message, Duration::from_secs(1)).into_response();
                break;
            };
            admitted.places.push(place);
        }
        if let Some((policy, left)) = admitted.headers.take() {
            add(response.headers_mut(), policy, left);
        }
        match is_stream && !admitted.places.is_empty() {
            // What writes the frames owns the places, and is dropped with the body.
            true => response.map(|body| {
                Body::new(body.map_frame(move |frame| {
                    let _held = &admitted.places;
                    frame
                }))
            }),
            false => response,
        }
    }
}

fn add(headers: &mut HeaderMap, policy: HeaderValue, left: HeaderValue) {
    headers.insert(RATELIMIT_POLICY, policy);
    headers.insert(RATELIMIT, left);
}

/// What a limit is, and what is left of it.
fn headers(name: &str, rate: &Rate, left: Result<Left, Duration>) -> (HeaderValue, HeaderValue) {
    let (requests, reset) = left.map_or_else(|wait| (0, wait), |left| (left.requests, left.reset));
    let policy = format!("\"{name}\";q={};w={}", rate.requests, rate.period.as_secs().max(1));
    let left = format!("\"{name}\";r={requests};t={}", whole_seconds(reset));
    let value = |text: String| HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
    (value(policy), value(left))
}
