//! Validates typed values against a schema, with the same rules as for JSON text.

use super::{Collector, FailureKind, Place, rules};
use crate::{Access, FieldType, Record, Schema, Sources, Value};

/// Validates a record against a schema. The result is complete only if there were no failures.
pub(crate) fn record(
    schema: &Schema,
    given: Record,
    sources: &dyn Sources,
    place: &Place<'_>,
    out: &mut Collector,
) -> Record {
    let fields = schema.fields();
    let mut seen = vec![false; fields.len()];
    let mut record = Record::with_capacity(fields.len());
    let mut next = 0;
    for (name, value, was_given) in given.into_entries() {
        let here = place.name(&name);
        let Some(position) = schema.position_from(&name, next) else {
            if !schema.takes_unknown() {
                out.fail(&here, FailureKind::UnknownField, "there is no such field");
            }
            continue;
        };
        next = position + 1;
        seen[position] = true;
        let field = &fields[position];
        // A read-only field may hold what the server filled in, but not what was given.
        if was_given && field.access == Access::ReadOnly {
            out.fail(&here, FailureKind::ReadOnly, "is read-only");
            continue;
        }
        let value = if value.is_null() && field.nullable {
            Some(value)
        } else {
            let value = typed(&field.kind, value, sources, &here, out);
            value.filter(|value| rules::check(field, schema.pattern(position), value, &here, out))
        };
        if let Some(value) = value {
            record.push(name, value, was_given);
        }
    }
    rules::complete(schema, &seen, &mut record, sources, place, out);
    record
}

/// Converts a value to the type, if possible.
pub(crate) fn typed(
    kind: &FieldType,
    value: Value,
    sources: &dyn Sources,
    place: &Place<'_>,
    out: &mut Collector,
) -> Option<Value> {
    match (kind, value) {
        (_, Value::Null) => {
            out.fail(place, FailureKind::NullNotAllowed, "must not be null");
            None
        }
        (FieldType::Column(kind), value) => value.coerce(kind).map_err(|error| out.fail_value(place, &error)).ok(),
        (FieldType::Nested(schema), Value::Record(given)) => {
            Some(Value::Record(record(schema, given, sources, place, out)))
        }
        (FieldType::List(kind), Value::List(items)) => {
            let count = items.len();
            let items: Vec<Value> = items
                .into_iter()
                .enumerate()
                .filter_map(|(index, item)| typed(kind, item, sources, &place.index(index), out))
                .collect();
            (items.len() == count).then_some(Value::List(items))
        }
        (FieldType::Map(kind), Value::Record(entries)) => {
            let count = entries.len();
            let mut values = Record::with_capacity(count);
            for (name, value, given) in entries.into_entries() {
                if let Some(value) = typed(kind, value, sources, &place.name(&name), out) {
                    values.push(name, value, given);
                }
            }
            (values.len() == count).then_some(Value::Record(values))
        }
        (kind, value) => {
            let msg = format!("expected {}, got {}", rules::expected(kind), value.kind_name());
            out.fail(place, FailureKind::WrongType, msg);
            None
        }
    }
}
