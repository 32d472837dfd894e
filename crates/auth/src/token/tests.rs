//! Tokens: the examples of RFC 7515, and those that must be refused.

use mwallet_db::schema::{Timestamp, Value as DbValue};
use serde_json::{Map, Value, json};

use super::{Claims, RoleClaim, SigningKey, TokenError, VerifyingKey, sign, verify};

/// RFC 7515, appendix A.1.
const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
    eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
    dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const HS256_KEY: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
/// RFC 7515, appendices A.3 and A.2, but for the identifiers, which those have not.
const KEYS: &str = r#"{"keys": [
    {"kty": "EC", "crv": "P-256", "kid": "es", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
     "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},
    {"kty": "RSA", "kid": "enc", "use": "enc", "n": "AQAB", "e": "AQAB"},
    {"kty": "oct", "kid": "shared", "k": "AyM1"}
]}"#;

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    use base64::Engine as _;
    base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn claims(json: Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

fn signing() -> SigningKey {
    SigningKey::from_pkcs8("own", &SigningKey::generate().unwrap()).unwrap()
}

#[test]
fn the_examples_of_the_standard_are_verified() {
    let secret = VerifyingKey::from_secret(&decode(HS256_KEY)).unwrap();
    let found = verify(HS256, &[secret]).unwrap().0;
    assert_eq!(found, claims(json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true})));
    // Its example of ES256 has no identifier of a key, without which no public key is found.
    let keys = VerifyingKey::from_set(KEYS).unwrap();
    assert_eq!(keys.len(), 1);
    let signed = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
    assert!(keys[0].verifies(signed.as_bytes(), &decode(signature)));
    assert!(!keys[0].verifies(signed.replace("hbGci", "hbGcj").as_bytes(), &decode(signature)));
    let named = verify(&format!("{signed}.{signature}"), &keys);
    assert_eq!(named.unwrap_err(), TokenError::Invalid("the token names no key that is known"));
}

#[test]
fn what_is_signed_is_read_again() {
    let key = signing();
    let token = sign(&key, &claims(json!({"sub": "ada", "exp": 5}))).unwrap();
    assert_eq!(verify(&token, &[key.verifying()]).unwrap().0, claims(json!({"sub": "ada", "exp": 5})));
    // The public part, as others get it.
    let set = json!({ "keys": [key.jwk()] }).to_string();
    assert!(verify(&token, &VerifyingKey::from_set(&set).unwrap()).is_ok());
    assert!(verify(&token, &[signing().verifying()]).is_err());
}

#[test]
fn tokens_that_were_tampered_with_are_refused() {
    let key = signing();
    let secret = VerifyingKey::from_secret(&[7; 32]).unwrap();
    let keys = [key.verifying(), secret];
    let token = sign(&key, &claims(json!({"sub": "ada"}))).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let (payload, signature) = (parts[1], parts[2]);
    let with = |header: Value| format!("{}.{payload}.{signature}", encode(header.to_string()));
    // Signed by the public key as if that were a shared secret.
    let public = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, key.jwk().to_string().as_bytes());
    let confused = format!("{}.{payload}", encode(r#"{"alg":"HS256","kid":"own"}"#));
    let confused = format!("{confused}.{}", encode(ring::hmac::sign(&public, confused.as_bytes())));
    let by_secret = |header: &str, payload: &str| {
        let signed = format!("{}.{}", encode(header), encode(payload));
        let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &[7; 32]);
        format!("{signed}.{}", encode(ring::hmac::sign(&secret, signed.as_bytes())))
    };
    assert!(verify(&by_secret(r#"{"alg":"HS256"}"#, "{}"), &keys).is_ok());
    for wrong in [
        with(json!({"alg": "none"})),
        with(json!({"alg": "none", "kid": "own"})),
        with(json!({"alg": "ES256"})),
        with(json!({"alg": "ES256", "kid": "other"})),
        with(json!({"alg": "ES256", "kid": ["own"]})),
        with(json!({"alg": "HS256", "kid": "own"})),
        with(json!({"alg": "ES256", "kid": "own", "crit": ["exp"]})),
        confused,
        format!("{}.{payload}.", parts[0]),
        format!("{}.{payload}", parts[0]),
        format!("{token}."),
        format!("{token}.{signature}"),
        format!("{token}="),
        token.replace('.', ".."),
        format!(" {token}"),
        format!("{}.{}.{signature}", parts[0], encode(r#"{"sub":"eve"}"#)),
        by_secret(r#"{"alg":"HS256"}"#, r#"{"sub":"ada","sub":"eve"}"#),
        by_secret(r#"{"alg":"HS256"}"#, r#"{"app_metadata":{"role":"a","role":"b"}}"#),
        by_secret(r#"{"alg":"HS256","alg":"HS256"}"#, "{}"),
        by_secret(r#"{"alg":"HS256"}"#, "[]"),
        by_secret(r#"{"alg":"HS256","kid":"own"}"#, "{}"),
        by_secret(r#"{"alg":"hs256"}"#, "{}"),
        "x".repeat(100_000),
        String::new(),
        "..".into(),
        "\0.\0.\0".into(),
    ] {
        assert!(matches!(verify(&wrong, &keys), Err(TokenError::Invalid(_))), "{wrong}");
    }
    assert!(VerifyingKey::from_secret(&[7; 31]).is_err());
    for wrong in ["", "{}", r#"{"keys": []}"#, r#"{"keys": [{"kty": "oct", "kid": "a", "k": "AAAA"}]}"#] {
        assert!(VerifyingKey::from_set(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn claims_are_checked_against_time_and_audience() {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let at = now.micros() / 1_000_000;
    let read =
        |json: Value, audience: Option<&str>| Claims::read(&claims(json), &RoleClaim::default(), audience, false, now);
    let good = json!({"sub": "u", "role": "authenticated", "exp": at + 10, "aud": "authenticated", "aal": "aal2",
        "iat": at - 20, "amr": [{"method": "totp", "timestamp": at - 5}, {"method": "password", "timestamp": at - 9}],
        "app_metadata": {"level": 3, "share": 1.5, "team": "red", "list": [1]}, "user_metadata": {"role": "admin"}});
    let read_good = read(good.clone(), Some("authenticated")).unwrap();
    assert_eq!(
        (read_good.roles, read_good.assurance, read_good.authenticated_at),
        (vec!["authenticated".to_owned()], 2, Some(at - 5))
    );
    let app = ["level", "share", "team"].map(|name| read_good.app[name].clone());
    assert_eq!(app, [DbValue::Int(3), DbValue::Text("1.5".into()), DbValue::Text("red".into())]);
    assert_eq!(read_good.app.len(), 3);
    let change = |name: &str, value: Value| {
        let mut changed = good.clone();
        changed[name] = value;
        read(changed, Some("authenticated"))
    };
    for (name, value) in [
        ("exp", json!(at + 30)),
        ("exp", json!(at - 29)),
        ("exp", json!(format!("{}", at).parse::<f64>().unwrap() + 0.5)),
        ("aud", json!(["other", "authenticated"])),
        ("nbf", json!(at + 30)),
    ] {
        assert!(change(name, value.clone()).is_ok(), "{name} {value}");
    }
    for (name, value) in [
        ("exp", json!(at - 30)),
        ("exp", json!("never")),
        ("exp", Value::Null),
        ("exp", json!(-1)),
        ("nbf", json!(at + 31)),
        ("iat", json!(at + 31)),
        ("aud", json!("others")),
        ("aud", json!({"authenticated": true})),
        ("role", Value::Null),
        ("role", json!(["a", 1])),
        ("sub", json!(5)),
    ] {
        assert!(matches!(change(name, value.clone()), Err(TokenError::Claims(_))), "{name} {value}");
    }
    // When somebody has shown who they are. Others issue a token again without asking.
    let authenticated = |more: Value, is_own: bool| {
        let mut all = claims(json!({"role": "a", "exp": at + 10, "iat": at - 20}));
        all.extend(claims(more));
        Claims::read(&all, &RoleClaim::default(), None, is_own, now).unwrap().authenticated_at
    };
    assert_eq!(authenticated(json!({}), true), Some(at - 20));
    assert_eq!(authenticated(json!({}), false), None);
    assert_eq!(authenticated(json!({"auth_time": at - 7}), false), Some(at - 7));
    assert_eq!(authenticated(json!({"amr": [{"timestamp": at + 31}]}), false), None, "not yet");
    let nested = RoleClaim::new("realm.roles");
    let found =
        Claims::read(&claims(json!({"exp": at + 1, "realm": {"roles": ["a", "b"]}})), &nested, None, false, now)
            .unwrap();
    assert_eq!(found.roles, ["a", "b"]);
}
