-- Names that Rust takes only with care, on both engines. Some are written with marks of their own.
CREATE TABLE "größen" ("straße" text, "strasse" text, "größe" int PRIMARY KEY);
CREATE TABLE "列" ("値" text, "1 値" text, "é" text, "é" text, "한" text);
CREATE TABLE "Ελλάδα" ("Άλφα" int, "σίγμας" text);
CREATE TABLE "заказы" ("Номер" int, "номер_2" int);
CREATE TABLE "été" (a int);
CREATE TABLE "été" (a int);
CREATE TABLE "🦀" ("🦀" int, "👍🏽" int);
