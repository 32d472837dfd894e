//! Tests of documents: what they mean, and what is wrong with those that mean nothing.

use crate::{Parameters, ParseError};

fn pairs(document: &str) -> Vec<(String, String)> {
    Parameters::from_json(document.as_bytes()).unwrap().pairs()
}

fn error(document: &str) -> String {
    Parameters::from_json(document.as_bytes()).unwrap_err().to_string()
}

#[test]
fn documents_are_parameters() {
    for (document, expected) in [
        ("{}", vec![]),
        (r#"{"select": ["*"], "limit": 5, "offset": 2}"#, vec![("select", "*"), ("limit", "5"), ("offset", "2")]),
        (r#"{"select": ["a,b(c)", {"column": "*"}]}"#, vec![("select", r#""a,b(c)","*""#)]),
        (
            r#"{"select": [{"column": "data", "path": ["by", 0], "as_text": true, "cast": "numeric",
                "aggregate": "sum", "aggregate_cast": "text", "alias": "total"}, {"aggregate": "count"}]}"#,
            vec![("select", "total:data->by->>0::numeric.sum()::text,count()")],
        ),
        (
            r#"{"select": [{"related": "users", "hint": "by", "join": "inner", "alias": "u",
                "where": [{"column": "name", "op": "eq", "value": "x"}], "order": ["name"], "limit": 1}],
                "order": [{"column": "name", "related": "u", "desc": true, "nulls": "last"}]}"#,
            vec![
                ("select", "u:users!by!inner(*)"),
                ("order", "u(name).desc.nullslast"),
                ("u.name", "eq.x"),
                ("u.order", "name"),
                ("u.limit", "1"),
            ],
        ),
        (r#"{"select": [{"related": "users", "select": [], "spread": true}]}"#, vec![("select", "...users()")]),
        (
            r#"{"where": [{"column": "id", "op": "in", "value": [1, "2", true, 12345678901234567890.10]}]}"#,
            vec![("id", "in.(1,2,true,12345678901234567890.10)")],
        ),
        (
            r#"{"where": [{"column": "id", "not": true, "op": "eq", "any": [1, null]},
                {"column": "done", "op": "is", "value": null}, {"column": "done", "op": "is", "value": false},
                {"column": "data", "op": "cs", "value": {"a": [1]}},
                {"column": "memo", "op": "fts", "language": "english", "value": "cats"},
                {"not": true, "or": [{"column": "memo", "op": "eq", "value": "),or(1"},
                    {"and": [{"column": "id", "op": "gt", "value": 1}]}]}]}"#,
            vec![
                ("id", "not.eq(any).{1,null}"),
                ("done", "is.null"),
                ("done", "is.false"),
                ("data", r#"cs.{"a":[1]}"#),
                ("memo", "fts(english).cats"),
                ("not.or", r#"(memo.eq."),or(1",and(id.gt.1))"#),
            ],
        ),
    ] {
        let expected: Vec<_> = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(pairs(document), expected, "{document}");
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (document, expected) in [
        ("", "the query: EOF while parsing a value at line 1 column 0"),
        ("[]", "the query: invalid type: sequence, expected an object at line 1 column 0"),
        ("{} {}", "the query: trailing characters at line 1 column 4"),
        (r#"{"limit": -1}"#, "limit: invalid value: integer `-1`, expected u64 at line 1 column 12"),
        (
            r#"{"filter": []}"#,
            "filter: unknown field `filter`, expected one of `select`, `where`, `order`, `limit`, `offset` at line 1 column 9",
        ),
        (r#"{"limit": 1, "limit": 2}"#, "the query: duplicate field `limit` at line 1 column 20"),
        (
            r#"{"select": [1]}"#,
            "select[0]: invalid type: integer `1`, expected the name of a column, or an object at line 1 column 13",
        ),
        (r#"{"select": [""]}"#, "select[0]: expected a name"),
        (r#"{"select": [{}]}"#, "select[0]: expected a column, related rows, or the aggregate count"),
        (r#"{"select": [{"column": "a", "cast": "money"}]}"#, "select[0].cast: expected a type"),
        (
            r#"{"select": [{"column": "a", "aggregate": "mode"}]}"#,
            "select[0].aggregate: expected avg, count, max, min or sum",
        ),
        (
            r#"{"select": [{"column": "a", "limit": 1}]}"#,
            "select[0]: hint, join, spread, select, where, order, limit and offset are for related rows only",
        ),
        (
            r#"{"select": [{"related": "a", "select": [{"related": "b", "join": "full"}]}]}"#,
            "select[0].select[0].join: expected inner or left",
        ),
        (r#"{"select": [{"related": "a"}, {"related": "a"}]}"#, "select: two embeds are named a"),
        (r#"{"order": [{"column": "name", "related": "users"}]}"#, "users is not embedded"),
        (r#"{"order": [{"column": "name", "nulls": "middle"}]}"#, "order[0].nulls: expected first or last"),
        (r#"{"where": [["a"]]}"#, "where[0]: invalid type: sequence, expected an object at line 1 column 11"),
        (r#"{"where": [{"column": "a"}]}"#, "where[0]: expected a column with an op, and, or or"),
        (r#"{"where": [{"column": "a", "op": "equals", "value": 1}]}"#, "where[0].op: expected an operator"),
        (r#"{"where": [{"or": []}]}"#, "where[0].or: expected at least one condition"),
        (
            r#"{"where": [{"and": [{"column": "a", "op": "eq", "value": null}]}]}"#,
            "where[0].and[0].value: nothing is equal to null; use the operator is",
        ),
        (r#"{"where": [{"column": "a", "op": "in", "value": 1}]}"#, "where[0].value: expected an array"),
        (r#"{"where": [{"column": "a", "op": "eq"}]}"#, "where[0]: expected one of value, any and all"),
        (
            r#"{"where": [{"column": "a", "op": "cs", "any": [1]}]}"#,
            "where[0].any: any and all are for operators that match one value",
        ),
        (
            r#"{"where": [{"column": "a", "path": [1.5], "op": "eq", "value": 1}]}"#,
            "where[0].path[0]: expected the name of a member, or the number of an element at line 1 column 40",
        ),
        (r#"{"where": [{"column": "a", "as_text": true, "op": "eq", "value": 1}]}"#, "where[0]: as_text needs a path"),
    ] {
        assert_eq!(error(document), expected, "{document}");
    }
}

#[test]
fn documents_are_limited() {
    let nested = |levels: usize| {
        let open = r#"{"or": ["#.repeat(levels);
        format!(r#"{{"where": [{open}{{"column": "a", "op": "eq", "value": 1}}{}]}}"#, "]}".repeat(levels))
    };
    assert!(Parameters::from_json(nested(32).as_bytes()).is_ok());
    assert_eq!(Parameters::from_json(nested(33).as_bytes()), Err(ParseError::TooDeep));
    // Nor does what is much deeper take the stack.
    assert!(error(&nested(100_000)).contains("recursion limit exceeded"));
    let values = |count: usize| {
        let values = vec!["1"; count].join(",");
        format!(r#"{{"where": [{{"column": "a", "op": "in", "value": [{values}]}}]}}"#)
    };
    assert!(Parameters::from_json(values(10_000).as_bytes()).is_ok());
    assert_eq!(error(&values(10_001)), "where[0].value: at most 10000 values are allowed");
}
