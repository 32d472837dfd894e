//! The statements that make the schemas again, put together of what PostgreSQL itself writes of each thing.

use super::{Work, check_schemas};
use crate::error::Result;
use crate::reflect::fields::ask;
use crate::session::Session;
use crate::statement::Sql;

/// With no path to look names up in, PostgreSQL writes each with its schema.
const NO_PATH: &str = "SELECT set_config('search_path', '', true)";

/// What stands first: names are looked up nowhere, and functions may speak of tables that follow.
const HEAD: &str = "\
-- Roles and their rights, foreign servers with their tables, storage settings, statistics and rows are not written.
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = off;
";

/// Not what belongs to another thing, which brings it again: to an extension (`e`), or to a column or type (`i`).
macro_rules! own {
    ($class:literal, $object:literal) => {
        own!($class, $object, "e")
    };
    ($class:literal, $object:literal, $kind:literal) => {
        concat!(
            "NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = '",
            $class,
            "'::regclass AND x.objid = ",
            $object,
            ".oid AND x.deptype = '",
            $kind,
            "')"
        )
    };
}

/// Questions that answer a statement for each thing of a kind, in an order in which they can be made.
const QUESTIONS: &[&str] = &[
    concat!(
        "SELECT format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname) FROM pg_namespace n
        WHERE n.nspname = ANY($1::text[]) AND ",
        own!("pg_namespace", "n"),
        " ORDER BY n.nspname"
    ),
    concat!(
        "SELECT format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I', e.extname, n.nspname)
        FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
        WHERE e.extname <> 'plpgsql' AND cardinality($1::text[]) > 0 AND ",
        own!("pg_extension", "e"),
        " ORDER BY e.oid"
    ),
    TYPES,
    concat!(
        "SELECT format('CREATE SEQUENCE %s AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s',
            c.oid::regclass, format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
            CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
        WHERE n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        " AND ",
        own!("pg_class", "c", "i"),
        " ORDER BY c.oid"
    ),
    // Those that take or give rows of tables follow the tables.
    EARLY_FUNCTIONS,
    TABLES,
    LATE_FUNCTIONS,
    concat!(
        "SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', c.oid::regclass, a.attrelid::regclass, a.attname)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype = 'a'
        JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
        WHERE c.relkind = 'S' AND n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        " ORDER BY c.oid"
    ),
    // Keys before what refers to them.
    concat!(
        "SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.oid::regclass, c.conname, pg_get_constraintdef(c.oid))
        FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
        WHERE c.contype IN ('p', 'u', 'x', 'c', 'f') AND r.relkind IN ('r', 'p') AND c.conislocal
            AND c.conparentid = 0 AND n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "r"),
        "
        ORDER BY position(c.contype::text IN 'puxcf'), r.oid, c.oid"
    ),
    concat!(
        "SELECT format('CREATE %sVIEW %s%s AS%s', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' ELSE '' END,
            c.oid::regclass, ' WITH (' || array_to_string(c.reloptions, ', ') || ')',
            rtrim(E'\\n' || pg_get_viewdef(c.oid), ';'))
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('v', 'm') AND n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        " ORDER BY c.oid"
    ),
    // Of a partitioned table the parts get theirs with it.
    concat!(
        "SELECT CASE x.relkind WHEN 'I' THEN replace(pg_get_indexdef(x.oid), ' ON ONLY ', ' ON ')
            ELSE pg_get_indexdef(x.oid) END
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        "
            AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))
            AND NOT EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = x.oid)
        ORDER BY x.oid"
    ),
    concat!(
        "SELECT pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
        JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE r.rulename <> '_RETURN' AND n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        " ORDER BY r.oid"
    ),
    concat!(
        "SELECT pg_get_triggerdef(t.oid) || CASE t.tgenabled WHEN 'D' THEN
            format(E';\\nALTER TABLE %s DISABLE TRIGGER %I', c.oid::regclass, t.tgname) ELSE '' END
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE NOT t.tgisinternal AND c.relkind IN ('r', 'p', 'v') AND n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        "
        ORDER BY t.oid"
    ),
    concat!(
        "SELECT format('ALTER TABLE %s %s ROW LEVEL SECURITY', c.oid::regclass, word)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        CROSS JOIN unnest(ARRAY['ENABLE', 'FORCE']) AS word
        WHERE n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        "
            AND CASE word WHEN 'FORCE' THEN c.relforcerowsecurity ELSE c.relrowsecurity END
        ORDER BY c.oid, word"
    ),
    concat!(
        "SELECT format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.policyname, c.oid::regclass, p.permissive,
            p.cmd, (SELECT string_agg(CASE role WHEN 'public' THEN role ELSE quote_ident(role) END, ', ')
                FROM unnest(p.roles::text[]) AS role),
            ' USING (' || p.qual || ')', ' WITH CHECK (' || p.with_check || ')')
        FROM pg_policies p JOIN pg_namespace n ON n.nspname = p.schemaname
        JOIN pg_class c ON c.relname = p.tablename AND c.relnamespace = n.oid
        WHERE n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        " ORDER BY c.oid, p.policyname"
    ),
    concat!(
        "SELECT format('COMMENT ON %s %s%s IS %L',
            CASE WHEN o.objsubid > 0 THEN 'COLUMN' WHEN c.relkind = 'v' THEN 'VIEW'
                WHEN c.relkind = 'm' THEN 'MATERIALIZED VIEW' WHEN c.relkind = 'S' THEN 'SEQUENCE'
                WHEN c.relkind IN ('i', 'I') THEN 'INDEX' WHEN c.relkind = 'c' THEN 'TYPE' ELSE 'TABLE' END,
            c.oid::regclass, '.' || quote_ident(a.attname), o.description)
        FROM pg_description o JOIN pg_class c ON o.classoid = 'pg_class'::regclass AND o.objoid = c.oid
        JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.objsubid AND o.objsubid > 0
        WHERE c.relkind <> 'f' AND n.nspname = ANY($1::text[]) AND ",
        own!("pg_class", "c"),
        " ORDER BY c.oid::regclass::text, o.objsubid"
    ),
    concat!(
        "SELECT format('COMMENT ON %s %s IS %L', CASE t.typtype WHEN 'd' THEN 'DOMAIN' ELSE 'TYPE' END,
            format_type(t.oid, NULL), obj_description(t.oid, 'pg_type'))
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
        WHERE obj_description(t.oid, 'pg_type') IS NOT NULL AND n.nspname = ANY($1::text[]) AND ",
        own!("pg_type", "t"),
        " ORDER BY t.oid"
    ),
];

/// Enums, composite types, ranges and domains, each after those that it is made of.
const TYPES: &str = concat!(
    "
SELECT CASE t.typtype
    WHEN 'e' THEN (SELECT format('CREATE TYPE %s AS ENUM (%s)', format_type(t.oid, NULL),
        string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)) FROM pg_enum e WHERE e.enumtypid = t.oid)
    WHEN 'c' THEN (SELECT format('CREATE TYPE %s AS (%s)', format_type(t.oid, NULL),
        string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' ORDER BY a.attnum))
        FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped)
    WHEN 'r' THEN (SELECT format('CREATE TYPE %s AS RANGE (subtype = %s%s)', format_type(t.oid, NULL),
        format_type(r.rngsubtype, NULL), ', subtype_diff = ' || nullif(r.rngsubdiff::oid, 0)::regproc)
        FROM pg_range r WHERE r.rngtypid = t.oid)
    ELSE format('CREATE DOMAIN %s AS %s%s%s%s', format_type(t.oid, NULL), format_type(t.typbasetype, t.typtypmod),
        ' DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END,
        (SELECT string_agg(format(' CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), '' ORDER BY c.oid)
            FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'))
END
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE n.nspname = ANY($1::text[]) AND ",
    own!("pg_type", "t"),
    " AND (t.typtype IN ('e', 'r', 'd')
    OR (t.typtype = 'c' AND EXISTS (SELECT FROM pg_class k WHERE k.oid = t.typrelid AND k.relkind = 'c')))
ORDER BY t.oid"
);

/// Whether a function takes or gives rows of a table.
macro_rules! functions {
    ($not:literal) => {
        concat!(
            "SELECT rtrim(pg_get_functiondef(p.oid), E'\\n') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
             WHERE n.nspname = ANY($1::text[]) AND p.prokind <> 'a' AND ",
            own!("pg_proc", "p"),
            " AND ",
            own!("pg_proc", "p", "i"),
            " AND ",
            $not,
            " EXISTS (
           SELECT FROM unnest(p.proargtypes::oid[] || coalesce(p.proallargtypes, '{}') || p.prorettype) AS used
           JOIN pg_type t ON t.oid = used LEFT JOIN pg_type i ON i.oid = t.typelem AND t.typelem <> 0
           JOIN pg_class c ON c.oid IN (t.typrelid, i.typrelid) AND c.relkind <> 'c')
             ORDER BY p.oid"
        )
    };
}
const EARLY_FUNCTIONS: &str = functions!("NOT");
const LATE_FUNCTIONS: &str = functions!("");

/// Tables and parts of tables, each after those that it inherits from.
const TABLES: &str = concat!(
    "
SELECT format('CREATE %sTABLE %s%s%s%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, c.oid::regclass,
    ' PARTITION OF ' || CASE WHEN c.relispartition THEN h.parents END || ' ' || pg_get_expr(c.relpartbound, c.oid),
    CASE WHEN NOT c.relispartition THEN coalesce(E' (\\n' || (
        SELECT string_agg(format('    %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN
          (SELECT format(' COLLATE %I.%I', m.nspname, o.collname)
              FROM pg_collation o JOIN pg_namespace m ON m.oid = o.collnamespace WHERE o.oid = a.attcollation) END,
            CASE WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(f.adbin, f.adrelid))
          WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_get_expr(f.adbin, f.adrelid))
          WHEN a.attidentity = 'a' THEN ' GENERATED ALWAYS AS IDENTITY'
          WHEN a.attidentity = 'd' THEN ' GENERATED BY DEFAULT AS IDENTITY'
          ELSE ' DEFAULT ' || pg_get_expr(f.adbin, f.adrelid) END,
            CASE WHEN a.attnotnull THEN ' NOT NULL' END), E',\\n' ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attislocal) || E'\\n)', ' ()') END,
    ' INHERITS (' || CASE WHEN NOT c.relispartition THEN h.parents END || ')',
    ' PARTITION BY ' || CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN LATERAL (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) AS parents
    FROM pg_inherits i WHERE i.inhrelid = c.oid) h ON true
WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "c"),
    " ORDER BY c.oid"
);

pub(in crate::reflect) async fn script(session: &mut Session, schemas: &[String]) -> Result<String> {
    let work = Work::of(schemas);
    check_schemas(session, &work).await?;
    ask(session, Sql::new(NO_PATH), "t").await?;
    let mut script = String::from(HEAD);
    for question in QUESTIONS {
        for mut statement in ask(session, work.question(question), "t").await? {
            script.push_str(&format!("\n{};\n", statement.text()?));
        }
    }
    Ok(script)
}
