"""Search in a table of its own, with the function that picks the candidates of a search."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

# Looks at most restricting sorts of matches first, in each at newer packages first, and stops when it has enough.
# Every look is one scan of one index whose cost is bounded by the rarest key in it; sequential scans are ruled out
# because the planner takes them for cheap where a limit is small, not knowing that matches lie at the table's end.
WINDOW = """
CREATE FUNCTION registry_search_window(
    scope tsquery, filters tsquery, granted bigint[], name tsquery, words text[], beginnings text[], resembling tsquery,
    spans integer[], most integer
) RETURNS TABLE (package_id bigint, closeness integer, rank integer, clients text)
LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_indexscan = off SET enable_indexonlyscan = off
AS $$
DECLARE
    looks tsquery[] := '{}';
    head tsquery := NULL;
    whole tsquery := NULL;
    piece tsquery;
    ranked tsquery := plainto_tsquery('english', array_to_string(words, ' '));
    look tsquery;
    room integer := most;
    found integer;
    newest bigint;
    upper_end bigint;
    lower_end bigint;
    span integer;
    stage integer;
BEGIN
    SELECT max(e.package_id) INTO newest FROM registry_searchentry e;
    IF newest IS NULL THEN RETURN; END IF;

    FOR place IN 1 .. coalesce(array_length(words, 1), 0) LOOP
        SELECT string_agg(quote_literal('=' || s.lexeme), ' & ')::tsquery
            INTO piece FROM unnest(to_tsvector('english', words[place])) s;
        IF beginnings[place] <> '' THEN
            piece := coalesce(piece || beginnings[place]::tsquery, beginnings[place]::tsquery);
        END IF;
        IF piece IS NOT NULL THEN head := coalesce(head && piece, piece); END IF;
        piece := plainto_tsquery('english', words[place]);
        IF numnode(piece) > 0 THEN
            IF beginnings[place] <> '' THEN piece := piece || beginnings[place]::tsquery; END IF;
            whole := coalesce(whole && piece, piece);
        END IF;
    END LOOP;

    IF coalesce(array_length(words, 1), 0) = 0 AND name IS NULL THEN
        looks := ARRAY[NULL::tsquery, NULL::tsquery, filters];
    ELSE
        -- Each look leaves out what the ones before it take.
        looks := ARRAY[
            name && filters,
            CASE WHEN name IS NULL THEN head ELSE head && (!!name) END && filters,
            CASE WHEN name IS NULL THEN whole ELSE whole && (!!name) END
                && CASE WHEN head IS NULL THEN filters ELSE (!!head) && filters END,
            resembling && filters
        ];
    END IF;

    FOR number IN 1 .. array_length(looks, 1) LOOP
        look := looks[number];
        stage := 4 - number;
        CONTINUE WHEN look IS NULL;
        EXIT WHEN stage = 0 AND room < most;  -- what is only similar is no answer where something fits
        IF granted <> '{}' THEN
            RETURN QUERY SELECT e.package_id, stage, (ts_rank(e.vector, ranked) * 1000000)::integer, array_to_string(e.clients, ' ')
                FROM unnest(granted) AS given(id)
                JOIN registry_searchentry e ON e.package_id = given.id
                WHERE (numnode(look) = 0 OR e.vector @@ look) IS TRUE LIMIT room;
            GET DIAGNOSTICS found = ROW_COUNT;
            room := room - found;
        END IF;
        look := look && scope;
        upper_end := newest + 1;
        FOREACH span IN ARRAY spans LOOP
            EXIT WHEN room <= 0 OR upper_end <= 0;
            lower_end := ((newest >> span) - 1) << span;
            EXIT WHEN lower_end <= 0;
            RETURN QUERY SELECT e.package_id, stage, (ts_rank(e.vector, ranked) * 1000000)::integer, array_to_string(e.clients, ' ')
                FROM registry_searchentry e
                WHERE e.vector @@ (look && format('''#%s:%s'' | ''#%s:%s''', span, newest >> span, span, (newest >> span) - 1)::tsquery)
                AND e.package_id + 0 < upper_end LIMIT room;
            GET DIAGNOSTICS found = ROW_COUNT;
            room := room - found;
            upper_end := lower_end;
        END LOOP;
        EXIT WHEN room <= 0;
        IF upper_end > 0 THEN
            RETURN QUERY SELECT e.package_id, stage, (ts_rank(e.vector, ranked) * 1000000)::integer, array_to_string(e.clients, ' ')
                FROM registry_searchentry e
                WHERE e.vector @@ look AND e.package_id + 0 < upper_end LIMIT room;
            GET DIAGNOSTICS found = ROW_COUNT;
            room := room - found;
        END IF;
        EXIT WHEN room <= 0;
    END LOOP;
END
$$
"""
# A page or a ranking reads many entries; kept whole in their rows they cost one visit each.
WHOLE = """
ALTER TABLE registry_searchentry ALTER COLUMN vector SET STORAGE MAIN;
ALTER TABLE registry_searchentry SET (toast_tuple_target = 8160);
"""


class Migration(migrations.Migration):

    dependencies = [("registry", "0017_downloads")]

    operations = [
        migrations.RemoveIndex(model_name="package", name="package_search"),
        migrations.RemoveIndex(model_name="package", name="package_name_trigrams"),
        migrations.RemoveField(model_name="package", name="search"),
        migrations.AddIndex(
            model_name="package",
            index=models.Index(fields=["namespace", "-updated_at", "-id"], name="package_by_namespace"),
        ),
        migrations.CreateModel(
            name="SearchEntry",
            fields=[
                ("package", models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="search_entry", serialize=False, to="registry.package")),
                ("vector", django.contrib.postgres.search.SearchVectorField()),
                ("clients", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), default=list)),
                ("basis", models.DateTimeField(help_text="When the package had changed that this entry describes. An older one never replaces it.")),
            ],
            options={
                "indexes": [django.contrib.postgres.indexes.GinIndex(fastupdate=True, fields=["vector"], gin_pending_list_limit=4096, name="search_entry_vector")],
            },
        ),
        migrations.RunSQL(WHOLE, migrations.RunSQL.noop),
        migrations.RunSQL(WINDOW, "DROP FUNCTION registry_search_window"),
    ]
