//! Catalogue queries that return statements, as PostgreSQL prints them or built from the catalogue.
//!
//! Each returns four columns: the catalogue of the object, its OID, a relation that the statement needs in addition
//! to the object's dependencies (or 0), and the statement. `$1` is the list of schemas.

/// What the statements of a query do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Makes {
    /// Create objects.
    Thing,
    /// Add to existing objects.
    Addition,
    /// Attach partitions (or their indexes) once both sides exist.
    Part,
}
use Makes::{Addition, Part, Thing};

/// Excludes objects that are created with another one: by an extension (`e`), or with a column or type (`i`).
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

/// Selects the catalogue and the OID of an object, and optionally a relation that it needs.
macro_rules! of {
    ($class:literal, $object:literal) => {
        of!($class, $object, "0")
    };
    ($class:literal, $object:literal, $needs:literal) => {
        concat!("SELECT '", $class, "'::regclass::oid::int8, ", $object, "::int8, ", $needs, "::int8, ")
    };
}

/// Formats storage parameters for `WITH (...)`.
macro_rules! settings {
    ($of:literal) => {
        concat!(
            "(SELECT string_agg(split_part(o, '=', 1) || '=' || quote_literal(substr(o, strpos(o, '=') + 1)), ', ')
                FROM unnest(",
            $of,
            ") AS o)"
        )
    };
}

/// The order of statements, except where dependencies require otherwise.
pub(super) const QUESTIONS: &[(Makes, &str)] = &[
    (Thing, SCHEMAS),
    (Thing, EXTENSIONS),
    (Thing, TYPES),
    (Addition, CHECKS_OF_DOMAINS),
    (Thing, SEQUENCES),
    (Thing, FUNCTIONS),
    (Thing, TABLES),
    (Addition, OWNED_SEQUENCES),
    (Addition, TYPED_TABLES),
    (Addition, LATE_HEIRS),
    (Addition, INHERITED_COLUMNS),
    (Thing, DEFAULTS),
    (Thing, CHECKS),
    (Part, PARTS_OF_TABLES),
    (Thing, KEYS),
    (Thing, VIEWS),
    (Thing, INDEXES),
    (Part, PARTS_OF_INDEXES),
    (Addition, SETTINGS_OF_KEYS),
    (Addition, SETTINGS_OF_COLUMNS),
    (Addition, IDENTITY_OF_ROWS),
    (Thing, STATISTICS),
    (Addition, SETTINGS_OF_STATISTICS),
    (Thing, FOREIGN_KEYS),
    (Thing, RULES),
    (Thing, TRIGGERS),
    (Addition, STATES),
    (Addition, ROW_SECURITY),
    (Thing, POLICIES),
    (Addition, COMMENTS),
];

/// The requested schemas, and those that contain extensions.
const SCHEMAS: &str = concat!(
    of!("pg_namespace", "n.oid"),
    "format('CREATE SCHEMA IF NOT EXISTS %I', n.nspname) FROM pg_namespace n
    WHERE n.nspname NOT LIKE 'pg\\_%' AND (n.nspname = ANY($1::text[])
        OR EXISTS (SELECT FROM pg_extension e WHERE e.extnamespace = n.oid)) AND ",
    own!("pg_namespace", "n")
);

const EXTENSIONS: &str = concat!(
    of!("pg_extension", "e.oid"),
    "format('CREATE EXTENSION IF NOT EXISTS %I SCHEMA %I', e.extname, n.nspname)
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname <> 'plpgsql' AND cardinality($1::text[]) > 0 AND ",
    own!("pg_extension", "e")
);

/// Enums, composite types, ranges and domains. Newer catalogue columns are read through JSON, which gives null on
/// older servers.
const TYPES: &str = concat!(
    of!("pg_type", "t.oid"),
    "CASE t.typtype
    WHEN 'e' THEN format('CREATE TYPE %s AS ENUM (%s)', format_type(t.oid, NULL),
        (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid
        = t.oid))
    WHEN 'c' THEN format('CREATE TYPE %s AS (%s)', format_type(t.oid, NULL),
        (SELECT string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) || CASE
            WHEN a.attcollation NOT IN (0, s.typcollation) THEN ' COLLATE ' || a.attcollation::regcollation ELSE '' END,
            ', ' ORDER BY a.attnum)
        FROM pg_attribute a JOIN pg_type s ON s.oid = a.atttypid
        WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped))
    WHEN 'r' THEN (SELECT format('CREATE TYPE %s AS RANGE (subtype = %s%s%s%s%s)', format_type(t.oid, NULL),
        format_type(r.rngsubtype, NULL),
        (SELECT format(', subtype_opclass = %I.%I', m.nspname, o.opcname) FROM pg_opclass o
            JOIN pg_namespace m ON m.oid = o.opcnamespace WHERE o.oid = r.rngsubopc AND NOT o.opcdefault),
        CASE WHEN r.rngcollation NOT IN (0, s.typcollation) THEN ', collation = ' || r.rngcollation::regcollation END,
        ', subtype_diff = ' || nullif(r.rngsubdiff::oid, 0)::regproc,
        ', multirange_type_name = ' || nullif(to_jsonb(r) ->> 'rngmultitypid', '0')::oid::regtype)
        FROM pg_range r JOIN pg_type s ON s.oid = r.rngsubtype WHERE r.rngtypid = t.oid)
    ELSE format('CREATE DOMAIN %s AS %s%s%s%s%s', format_type(t.oid, NULL), format_type(t.typbasetype, t.typtypmod),
        (SELECT ' COLLATE ' || t.typcollation::regcollation FROM pg_type b
            WHERE b.oid = t.typbasetype AND t.typcollation NOT IN (0, b.typcollation)),
        ' DEFAULT ' || t.typdefault, CASE WHEN t.typnotnull THEN ' NOT NULL' ELSE '' END,
        (SELECT string_agg(format(' CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), '' ORDER BY c.conname)
            FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c' AND c.convalidated))
    END
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE n.nspname = ANY($1::text[]) AND ",
    own!("pg_type", "t"),
    " AND (t.typtype IN ('e', 'd')
        OR t.typtype = 'r' AND EXISTS (SELECT FROM pg_range r WHERE r.rngtypid = t.oid AND r.rngcanonical::oid = 0)
        OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_class k WHERE k.oid = t.typrelid AND k.relkind = 'c'))"
);

/// `CREATE DOMAIN` cannot declare checks as not validated.
const CHECKS_OF_DOMAINS: &str = concat!(
    of!("pg_type", "t.oid"),
    "format('ALTER DOMAIN %s ADD CONSTRAINT %I %s', format_type(t.oid, NULL), c.conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN pg_type t ON t.oid = c.contypid JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE c.contype = 'c' AND NOT c.convalidated AND n.nspname = ANY($1::text[])"
);

const SEQUENCES: &str = concat!(
    of!("pg_class", "c.oid"),
    "format('CREATE %sSEQUENCE %s AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s',
        CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END,
        c.oid::regclass, format_type(s.seqtypid, NULL), s.seqincrement, s.seqmin, s.seqmax, s.seqstart, s.seqcache,
        CASE WHEN s.seqcycle THEN ' CYCLE' ELSE '' END)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_sequence s ON s.seqrelid = c.oid
    WHERE n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "c"),
    " AND ",
    own!("pg_class", "c", "i")
);

/// PostgreSQL prints no definition of aggregates.
const FUNCTIONS: &str = concat!(
    of!("pg_proc", "p.oid"),
    "rtrim(pg_get_functiondef(p.oid), E'\\n') FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = ANY($1::text[]) AND p.prokind <> 'a' AND ",
    own!("pg_proc", "p"),
    " AND ",
    own!("pg_proc", "p", "i")
);

/// Whether a default must wait for all tables. It must if it calls a user-defined function, which may need the table
/// first, or if the table is part of an inheritance tree, where a default would be inherited or conflict.
macro_rules! is_late {
    () => {
        "(EXISTS (SELECT FROM pg_depend z WHERE z.classid = 'pg_attrdef'::regclass AND z.objid = f.oid
            AND z.refclassid = 'pg_proc'::regclass AND z.refobjid >= 16384)
        OR EXISTS (SELECT FROM pg_inherits z JOIN pg_class y ON y.oid = z.inhrelid
            WHERE NOT y.relispartition AND f.adrelid IN (z.inhrelid, z.inhparent)))"
    };
}

/// Whether the columns of a table have another order (`moved`) than inheritance gives, which puts those of the
/// parents first, and whether all are declared locally too (`apart`), so that the table can be created before it
/// inherits.
macro_rules! order_of_columns {
    () => {
        "LATERAL (SELECT bool_and(a.attislocal) AS apart,
            coalesce(array_agg(a.attname ORDER BY a.attnum)
                <> array_agg(a.attname ORDER BY p.inhseqno, p.attnum, a.attnum), false) AS moved
        FROM pg_attribute a LEFT JOIN LATERAL (SELECT i.inhseqno, b.attnum FROM pg_inherits i
            JOIN pg_attribute b ON b.attrelid = i.inhparent AND b.attname = a.attname AND NOT b.attisdropped
            WHERE i.inhrelid = c.oid ORDER BY 1 LIMIT 1) p ON true
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)"
    };
}

/// Tables, and partitions as separate tables, with their own defaults and column order until they are attached.
const TABLES: &str = concat!(
    of!("pg_class", "c.oid"),
    "format('CREATE %sTABLE %s%s%s%s%s', CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED ' ELSE '' END, c.oid::regclass,
    coalesce(E' (\\n' || (
        SELECT string_agg(format('    %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN ' COLLATE ' || a.attcollation::regcollation END,
            CASE WHEN a.attgenerated = 's' THEN format(' GENERATED ALWAYS AS (%s) STORED', pg_get_expr(f.adbin,
            f.adrelid))
                WHEN a.attgenerated <> '' THEN format(' GENERATED ALWAYS AS (%s) VIRTUAL', pg_get_expr(f.adbin,
                f.adrelid))
                WHEN s.seqrelid IS NOT NULL THEN format(' GENERATED %s AS IDENTITY%s',
                    CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END,
                    ' (' || nullif(concat_ws(' ',
                        CASE WHEN q.relname <> c.relname || '_' || a.attname || '_seq' OR q.relnamespace <>
                        c.relnamespace
                            THEN 'SEQUENCE NAME ' || q.oid::regclass END,
                        CASE WHEN s.seqincrement <> 1 OR s.seqstart <> 1 OR s.seqmin <> 1 OR s.seqmax <> m.most
                            THEN format('INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s',
                                s.seqincrement, s.seqmin, s.seqmax, s.seqstart) END,
                        CASE WHEN s.seqcache <> 1 THEN 'CACHE ' || s.seqcache END,
                        CASE WHEN s.seqcycle THEN 'CYCLE' END), '') || ')')
                WHEN NOT ",
    is_late!(),
    " THEN ' DEFAULT ' || pg_get_expr(f.adbin, f.adrelid) END,
            CASE WHEN a.attnotnull AND coalesce(k.convalidated, true) THEN coalesce(' CONSTRAINT ' ||
            quote_ident(k.conname), '')
                || ' NOT NULL' || CASE WHEN k.connoinherit THEN ' NO INHERIT' ELSE '' END END), E',\\n' ORDER BY
                a.attnum)
        FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
        LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey = ARRAY[a.attnum]
        LEFT JOIN pg_depend w ON w.refclassid = 'pg_class'::regclass AND w.refobjid = a.attrelid AND w.refobjsubid =
        a.attnum
            AND w.classid = 'pg_class'::regclass AND w.deptype = 'i' AND a.attidentity <> ''
        LEFT JOIN pg_sequence s ON s.seqrelid = w.objid LEFT JOIN pg_class q ON q.oid = s.seqrelid
        LEFT JOIN LATERAL (SELECT CASE format_type(s.seqtypid, NULL) WHEN 'smallint' THEN 32767 WHEN 'integer' THEN
        2147483647
            ELSE 9223372036854775807 END AS most) m ON true
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attislocal OR c.relispartition))
        || E'\\n)', ' ()'),
    ' INHERITS (' || CASE WHEN NOT c.relispartition AND NOT (v.moved AND v.apart) THEN h.parents END || ')',
    ' PARTITION BY ' || CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
    ' WITH (' || nullif(concat_ws(', ', ",
    settings!("c.reloptions"),
    ",
        (SELECT string_agg('toast.' || split_part(o, '=', 1) || '=' || quote_literal(substr(o, strpos(o, '=') + 1)),
        ', ')
            FROM pg_class w CROSS JOIN unnest(w.reloptions) AS o WHERE w.oid = c.reltoastrelid)), '') || ')')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN LATERAL (SELECT string_agg(i.inhparent::regclass::text, ', ' ORDER BY i.inhseqno) AS parents
        FROM pg_inherits i WHERE i.inhrelid = c.oid) h ON true
    CROSS JOIN ",
    order_of_columns!(),
    " v
    WHERE c.relkind IN ('r', 'p') AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "c")
);

const OWNED_SEQUENCES: &str = concat!(
    of!("pg_class", "c.oid", "a.attrelid"),
    "format('ALTER SEQUENCE %s OWNED BY %s.%I', c.oid::regclass, a.attrelid::regclass, a.attname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_depend o ON o.classid = 'pg_class'::regclass AND o.objid = c.oid AND o.deptype = 'a'
    JOIN pg_attribute a ON a.attrelid = o.refobjid AND a.attnum = o.refobjsubid
    WHERE c.relkind = 'S' AND n.nspname = ANY($1::text[])"
);

const TYPED_TABLES: &str = concat!(
    of!("pg_class", "c.oid"),
    "format('ALTER TABLE %s OF %s', c.oid::regclass, format_type(c.reloftype, NULL))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.reloftype <> 0 AND c.relkind IN ('r', 'p') AND n.nspname = ANY($1::text[])"
);

/// Tables that inherit after their creation, since their column order would differ otherwise.
const LATE_HEIRS: &str = concat!(
    of!("pg_class", "c.oid"),
    "format('ALTER TABLE ONLY %s %s', c.oid::regclass, (SELECT string_agg('INHERIT ' || i.inhparent::regclass, ', '
        ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN ",
    order_of_columns!(),
    " v
    WHERE c.relkind = 'r' AND NOT c.relispartition AND v.moved AND v.apart AND n.nspname = ANY($1::text[])"
);

/// Differences of inherited columns from their origin, apart from defaults.
const INHERITED_COLUMNS: &str = concat!(
    of!("pg_class", "c.oid"),
    "format('ALTER TABLE ONLY %s ALTER COLUMN %I SET NOT NULL', c.oid::regclass, a.attname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND a.attinhcount > 0 AND NOT c.relispartition AND NOT a.attislocal AND a.attnotnull
        AND NOT EXISTS (SELECT FROM pg_inherits i
            JOIN pg_attribute b ON b.attrelid = i.inhparent AND b.attname = a.attname
            WHERE i.inhrelid = c.oid AND b.attnotnull) AND n.nspname = ANY($1::text[])"
);

const DEFAULTS: &str = concat!(
    of!("pg_attrdef", "f.oid"),
    "format('ALTER %s %s ALTER COLUMN %I SET DEFAULT %s', CASE c.relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE ONLY' END,
        c.oid::regclass, a.attname, pg_get_expr(f.adbin, f.adrelid))
    FROM pg_attrdef f JOIN pg_class c ON c.oid = f.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = f.adnum
    WHERE n.nspname = ANY($1::text[]) AND a.attgenerated = '' AND (c.relkind = 'v' OR c.relkind IN ('r', 'p') AND ",
    is_late!(),
    ") AND ",
    own!("pg_class", "c")
);

/// A partition has all checks of the partitioned table before it is attached. PostgreSQL 18 includes NOT NULL
/// constraints, and `CREATE TABLE` cannot declare them as not validated.
const CHECKS: &str = concat!(
    of!("pg_constraint", "c.oid"),
    "format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.oid::regclass, c.conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE (c.contype = 'c' OR c.contype = 'n' AND NOT c.convalidated) AND r.relkind IN ('r', 'p')
        AND (c.conislocal OR r.relispartition) AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "r")
);

const PARTS_OF_TABLES: &str = concat!(
    of!("pg_class", "c.oid", "i.inhparent"),
    "format('ALTER TABLE ONLY %s ATTACH PARTITION %s %s', i.inhparent::regclass, c.oid::regclass,
        pg_get_expr(c.relpartbound, c.oid))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_inherits i ON i.inhrelid = c.oid
    WHERE c.relispartition AND c.relkind IN ('r', 'p') AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "c")
);

/// A partitioned table's key is created for it alone; the keys of the partitions are attached to it.
const KEYS: &str = concat!(
    of!("pg_constraint", "c.oid", "r.oid"),
    "format('ALTER TABLE ONLY %s ADD CONSTRAINT %I %s', r.oid::regclass, c.conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE c.contype IN ('p', 'u', 'x') AND r.relkind IN ('r', 'p') AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "r")
);

const VIEWS: &str = concat!(
    of!("pg_class", "c.oid"),
    "format('CREATE %sVIEW %s%s AS%s%s', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED ' ELSE '' END,
        c.oid::regclass, ' WITH (' || ",
    settings!("c.reloptions"),
    " || ')', rtrim(E'\\n' || pg_get_viewdef(c.oid), ';'),
        CASE WHEN c.relkind = 'm' AND NOT c.relispopulated THEN E'\\n  WITH NO DATA' END)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('v', 'm') AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "c")
);

const INDEXES: &str = concat!(
    of!("pg_class", "x.oid", "c.oid"),
    "pg_get_indexdef(x.oid)
    FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class c ON c.oid = i.indrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "c"),
    "
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = x.oid AND k.contype IN ('p', 'u', 'x'))"
);

const PARTS_OF_INDEXES: &str = concat!(
    of!("pg_class", "x.oid", "h.inhparent"),
    "format('ALTER INDEX %s ATTACH PARTITION %s', h.inhparent::regclass, x.oid::regclass)
    FROM pg_inherits h JOIN pg_class x ON x.oid = h.inhrelid JOIN pg_namespace n ON n.oid = x.relnamespace
    WHERE x.relkind IN ('i', 'I') AND n.nspname = ANY($1::text[])"
);

const SETTINGS_OF_KEYS: &str = concat!(
    of!("pg_constraint", "k.oid"),
    "format('ALTER INDEX %s SET (%s)', x.oid::regclass, ",
    settings!("x.reloptions"),
    ")
    FROM pg_constraint k JOIN pg_class x ON x.oid = k.conindid JOIN pg_namespace n ON n.oid = x.relnamespace
    WHERE k.contype IN ('p', 'u', 'x') AND x.reloptions IS NOT NULL AND n.nspname = ANY($1::text[])"
);

/// Storage and statistics options of columns. Newer catalogue columns are read through JSON.
const SETTINGS_OF_COLUMNS: &str = concat!(
    of!("pg_class", "c.oid"),
    "format('ALTER %s %s ALTER COLUMN %s SET %s', CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'i' THEN 'INDEX'
            WHEN 'I' THEN 'INDEX' ELSE 'TABLE ONLY' END, c.oid::regclass,
        CASE WHEN c.relkind IN ('i', 'I') THEN a.attnum::text ELSE quote_ident(a.attname) END, change)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN pg_type t ON t.oid = a.atttypid
    CROSS JOIN LATERAL unnest(ARRAY[
        CASE WHEN a.attstorage <> t.typstorage AND c.relkind NOT IN ('i', 'I') THEN 'STORAGE ' || CASE a.attstorage
            WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END END,
        CASE to_jsonb(a) ->> 'attcompression' WHEN 'p' THEN 'COMPRESSION pglz' WHEN 'l' THEN 'COMPRESSION lz4' END,
        CASE WHEN a.attstattarget >= 0 THEN 'STATISTICS ' || a.attstattarget END,
        '(' || array_to_string(a.attoptions, ', ') || ')']) AS change
    WHERE change IS NOT NULL AND c.relkind IN ('r', 'p', 'm', 'i', 'I')
        AND (c.relkind NOT IN ('i', 'I') OR change LIKE 'STATISTICS %') AND n.nspname = ANY($1::text[])"
);

/// Replica identity, and the index by which rows were clustered.
const IDENTITY_OF_ROWS: &str = concat!(
    of!("pg_class", "c.oid", "coalesce(x.oid, 0)"),
    "format('ALTER TABLE ONLY %s %s', c.oid::regclass, change)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_index i ON i.indrelid = c.oid AND (i.indisreplident OR i.indisclustered)
    LEFT JOIN pg_class x ON x.oid = i.indexrelid
    CROSS JOIN LATERAL unnest(ARRAY[
        CASE WHEN c.relreplident = 'f' THEN 'REPLICA IDENTITY FULL' WHEN c.relreplident = 'n' THEN
        'REPLICA IDENTITY NOTHING'
            WHEN c.relreplident = 'i' AND i.indisreplident THEN format('REPLICA IDENTITY USING INDEX %I', x.relname)
            END,
        CASE WHEN i.indisclustered THEN format('CLUSTER ON %I', x.relname) END]) AS change
    WHERE change IS NOT NULL AND c.relkind IN ('r', 'p', 'm') AND n.nspname = ANY($1::text[])"
);

const STATISTICS: &str = concat!(
    of!("pg_statistic_ext", "s.oid"),
    "pg_get_statisticsobjdef(s.oid) FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
    WHERE n.nspname = ANY($1::text[]) AND ",
    own!("pg_statistic_ext", "s")
);

/// Older servers lack this setting.
const SETTINGS_OF_STATISTICS: &str = concat!(
    of!("pg_statistic_ext", "s.oid"),
    "format('ALTER STATISTICS %I.%I SET STATISTICS %s', n.nspname, s.stxname, to_jsonb(s) ->> 'stxstattarget')
    FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace
    WHERE (to_jsonb(s) ->> 'stxstattarget')::int >= 0 AND n.nspname = ANY($1::text[])"
);

/// Partitions get theirs from the partitioned table.
const FOREIGN_KEYS: &str = concat!(
    of!("pg_constraint", "c.oid"),
    "format('ALTER TABLE %s ADD CONSTRAINT %I %s', r.oid::regclass, c.conname, pg_get_constraintdef(c.oid))
    FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
    WHERE c.contype = 'f' AND r.relkind IN ('r', 'p') AND c.conparentid = 0 AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "r")
);

const RULES: &str = concat!(
    of!("pg_rewrite", "r.oid"),
    "pg_get_ruledef(r.oid) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "c")
);

/// Partitions get theirs from the partitioned table.
const TRIGGERS: &str = concat!(
    of!("pg_trigger", "t.oid"),
    "pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND c.relkind IN ('r', 'p', 'v') AND n.nspname = ANY($1::text[]) AND
    ",
    own!("pg_class", "c")
);

/// Formats when triggers and rules fire: on replicas only, always or never.
macro_rules! state {
    ($table:literal, $word:literal, $state:literal, $name:literal) => {
        concat!(
            "format('ALTER ",
            $table,
            " %s %s ",
            $word,
            " %I', c.oid::regclass, CASE ",
            $state,
            " WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A' THEN 'ENABLE ALWAYS' ELSE 'ENABLE' END, ",
            $name,
            ")"
        )
    };
}

/// Each partition has its own state of a trigger that it inherits.
const STATES: &str = concat!(
    "WITH RECURSIVE handed_down(root, part) AS (
        SELECT oid, oid FROM pg_trigger WHERE NOT tgisinternal AND tgparentid = 0
        UNION ALL SELECT h.root, t.oid FROM handed_down h JOIN pg_trigger t ON t.tgparentid = h.part) ",
    of!("pg_trigger", "h.root"),
    state!("TABLE ONLY", "TRIGGER", "t.tgenabled", "t.tgname"),
    " FROM handed_down h JOIN pg_trigger t ON t.oid = h.part JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace WHERE t.tgenabled <> 'O' AND n.nspname = ANY($1::text[])
    UNION ALL ",
    of!("pg_rewrite", "r.oid"),
    state!("TABLE", "RULE", "r.ev_enabled", "r.rulename"),
    " FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE r.rulename <> '_RETURN' AND r.ev_enabled <> 'O' AND n.nspname = ANY($1::text[])"
);

const ROW_SECURITY: &str = concat!(
    of!("pg_class", "c.oid"),
    "format('ALTER TABLE %s %s ROW LEVEL SECURITY', c.oid::regclass, word)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN unnest(ARRAY['ENABLE', 'FORCE']) AS word
    WHERE n.nspname = ANY($1::text[])
        AND CASE word WHEN 'FORCE' THEN c.relforcerowsecurity ELSE c.relrowsecurity END"
);

const POLICIES: &str = concat!(
    of!("pg_policy", "o.oid"),
    "format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.policyname, c.oid::regclass, p.permissive,
        p.cmd, (SELECT string_agg(CASE role WHEN 'public' THEN role ELSE quote_ident(role) END, ', ')
            FROM unnest(p.roles::text[]) AS role),
        ' USING (' || p.qual || ')', ' WITH CHECK (' || p.with_check || ')')
    FROM pg_policies p JOIN pg_namespace n ON n.nspname = p.schemaname
    JOIN pg_class c ON c.relname = p.tablename AND c.relnamespace = n.oid
    JOIN pg_policy o ON o.polrelid = c.oid AND o.polname = p.policyname
    WHERE n.nspname = ANY($1::text[]) AND ",
    own!("pg_class", "c")
);

/// PostgreSQL identifies objects as `COMMENT ON` does, except for columns and constraints.
const COMMENTS: &str = "
SELECT d.classoid::int8, d.objoid::int8, 0::int8, format('COMMENT ON %s IS %L', CASE
        WHEN k.contypid <> 0 THEN format('CONSTRAINT %I ON DOMAIN %s', k.conname, format_type(k.contypid, NULL))
        WHEN k.oid IS NOT NULL THEN format('CONSTRAINT %I ON %s', k.conname, k.conrelid::regclass)
        WHEN d.objsubid <> 0 THEN 'COLUMN ' || i.identity
        WHEN i.type = 'statistics object' THEN 'STATISTICS ' || i.identity
        WHEN t.typtype = 'd' THEN 'DOMAIN ' || i.identity
        WHEN i.type = 'composite type' THEN 'TYPE ' || i.identity
        ELSE upper(i.type) || ' ' || i.identity END, d.description)
FROM pg_description d CROSS JOIN LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid) i
LEFT JOIN pg_constraint k ON d.classoid = 'pg_constraint'::regclass AND k.oid = d.objoid
LEFT JOIN pg_type t ON d.classoid = 'pg_type'::regclass AND t.oid = d.objoid
WHERE cardinality($1::text[]) > 0 AND i.identity IS NOT NULL AND (d.objoid >= 16384
    OR d.classoid = 'pg_namespace'::regclass AND d.description <> 'standard public schema')
    AND d.classoid <> 'pg_extension'::regclass
    AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = d.classoid AND x.objid = d.objoid AND x.deptype = 'e')";

/// The dependencies between objects, without built-in ones.
pub(super) const DEPENDENCIES: &str = "
SELECT classid::int8, objid::int8, refclassid::int8, refobjid::int8, deptype::text FROM pg_depend
WHERE objid >= 16384 AND deptype IN ('n', 'a', 'i', 'e', 'x')
    AND (refobjid >= 16384 OR refclassid = 'pg_namespace'::regclass) AND cardinality($1::text[]) > 0
    AND NOT (deptype = 'a' AND classid = 'pg_class'::regclass
        AND EXISTS (SELECT FROM pg_class c WHERE c.oid = objid AND c.relkind = 'S'))";

/// All objects in the schemas, and those of the database outside any schema, with their catalogue.
pub(super) const EVERYTHING: &str = "
SELECT d.classid::int8, d.objid::int8, d.classid::regclass::text FROM pg_depend d JOIN pg_namespace n ON n.oid =
d.refobjid
WHERE d.refclassid = 'pg_namespace'::regclass AND d.deptype = 'n' AND n.nspname = ANY($1::text[])
UNION
SELECT class::oid::int8, object::int8, class::text FROM (
    SELECT 'pg_cast'::regclass, oid FROM pg_cast UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM
    pg_event_trigger
    UNION ALL SELECT 'pg_publication'::regclass, oid FROM pg_publication
    UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid FROM pg_foreign_data_wrapper
    UNION ALL SELECT 'pg_foreign_server'::regclass, oid FROM pg_foreign_server
    UNION ALL SELECT 'pg_language'::regclass, oid FROM pg_language
    UNION ALL SELECT 'pg_transform'::regclass, oid FROM pg_transform
    UNION ALL SELECT 'pg_am'::regclass, oid FROM pg_am
    UNION ALL SELECT 'pg_default_acl'::regclass, oid FROM pg_default_acl) AS everywhere(class, object)
WHERE object >= 16384";

/// Whether privileges differ from those that an object had when the database, or its extension, was created.
macro_rules! has_rights {
    ($class:literal, $object:literal, $rights:literal) => {
        concat!(
            $rights,
            " IS NOT NULL AND ",
            $rights,
            " IS DISTINCT FROM (SELECT i.initprivs FROM pg_init_privs i WHERE i.objsubid = 0 AND i.classoid = '",
            $class,
            "'::regclass AND i.objoid = ",
            $object,
            ".oid)"
        )
    };
}

/// Properties of objects that the script omits.
pub(super) const UNSAID: &str = concat!(
    "
SELECT class::oid::int8, object::int8, said FROM (
    SELECT 'pg_namespace'::regclass, n.oid, n.nspname, 'rights' FROM pg_namespace n WHERE ",
    has_rights!("pg_namespace", "n", "n.nspacl"),
    "
    UNION ALL SELECT 'pg_class'::regclass, c.oid, n.nspname, said
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN ",
    order_of_columns!(),
    " v
        CROSS JOIN LATERAL unnest(ARRAY[
            CASE WHEN ",
    has_rights!("pg_class", "c", "c.relacl"),
    " OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL AND NOT EXISTS (
                SELECT FROM pg_init_privs i WHERE i.classoid = 'pg_class'::regclass AND i.objoid = c.oid
                    AND i.objsubid = a.attnum AND i.initprivs = a.attacl)) THEN 'rights' END,
            CASE WHEN c.reltablespace <> 0 THEN 'tablespace' END,
            CASE WHEN c.relkind IN ('r', 'm') AND EXISTS (SELECT FROM pg_am m WHERE m.oid = c.relam AND m.amname <>
            'heap')
                THEN 'access method' END,
            CASE WHEN c.relkind = 'r' AND NOT c.relispartition AND v.moved AND NOT v.apart
                THEN 'order of columns' END]) AS said
        WHERE said IS NOT NULL
    UNION ALL SELECT 'pg_proc'::regclass, p.oid, n.nspname, 'rights'
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE ",
    has_rights!("pg_proc", "p", "p.proacl"),
    "
    UNION ALL SELECT 'pg_type'::regclass, t.oid, n.nspname, 'rights'
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE ",
    has_rights!("pg_type", "t", "t.typacl"),
    "
    UNION ALL SELECT 'pg_class'::regclass, s.objoid, n.nspname, 'security label' FROM pg_seclabel s
        JOIN pg_class c ON c.oid = s.objoid AND s.classoid = 'pg_class'::regclass
        JOIN pg_namespace n ON n.oid = c.relnamespace) AS beside(class, object, schema, said)
WHERE schema = ANY($1::text[])"
);

/// The names of objects, such as `foreign table public.outside`.
pub(super) const NAMES: &str = "
SELECT class, object, i.type || ' ' || i.identity FROM unnest($1::int8[], $2::int8[]) AS t(class, object)
CROSS JOIN LATERAL pg_identify_object(class::oid, object::oid, 0) i WHERE i.identity IS NOT NULL";
