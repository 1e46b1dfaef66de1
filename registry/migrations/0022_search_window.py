"""A search's looks in the index, fewer and several times as cheap; what they find is the same."""

import importlib

from django.db import migrations

# Looks at most restricting sorts of matches first, in each at newer packages first, and stops when it has enough.
# Every look is one scan of one index whose cost is bounded by the rarest key in it; sequential scans are ruled out
# because the planner takes them for cheap where a limit is small, not knowing that matches lie at the table's end.
# Words, who may read what, and the span are conditions of their own: within one query the index settles beforehand
# which keys it walks along, and mostly not along the span's; between several it skips to what each of them leaves.
WINDOW = """
CREATE OR REPLACE FUNCTION registry_search_window(
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
    within tsquery := filters && scope;
    is_listing boolean := coalesce(array_length(words, 1), 0) = 0 AND name IS NULL;
    -- What the looks before took. The rows are asked for it: the index takes twice as long if it is to leave something out.
    taken tsquery := NULL;
    room integer := most;
    found integer;
    seen bigint;
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

    IF is_listing THEN
        within := scope;
        looks := ARRAY[NULL::tsquery, NULL::tsquery, CASE WHEN numnode(filters) > 0 THEN filters ELSE scope END];
    ELSE
        looks := ARRAY[name, head, whole, resembling];
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
                WHERE (is_listing OR e.vector @@ look) AND (numnode(filters) = 0 OR e.vector @@ filters)
                AND (e.vector @@ taken) IS NOT TRUE LIMIT room;
            GET DIAGNOSTICS found = ROW_COUNT;
            room := room - found;
        END IF;
        upper_end := newest + 1;
        seen := 0;
        FOREACH span IN ARRAY spans LOOP
            EXIT WHEN room <= 0 OR upper_end <= 0;
            lower_end := ((newest >> span) - 1) << span;
            EXIT WHEN lower_end <= 0;
            RETURN QUERY SELECT e.package_id, stage, (ts_rank(e.vector, ranked) * 1000000)::integer, array_to_string(e.clients, ' ')
                FROM registry_searchentry e
                WHERE e.vector @@ look AND e.vector @@ within
                AND e.vector @@ format('''#%s:%s'' | ''#%s:%s''', span, newest >> span, span, (newest >> span) - 1)::tsquery
                AND e.package_id + 0 < upper_end AND (e.vector @@ taken) IS NOT TRUE LIMIT room;
            GET DIAGNOSTICS found = ROW_COUNT;
            room := room - found;
            seen := seen + found;
            upper_end := lower_end;
            -- If older packages fit as often as newer ones did, there is room for all of them, and one more scan does.
            EXIT WHEN seen * lower_end <= room * (newest + 1 - lower_end);
        END LOOP;
        EXIT WHEN room <= 0;
        IF upper_end > 0 THEN
            RETURN QUERY SELECT e.package_id, stage, (ts_rank(e.vector, ranked) * 1000000)::integer, array_to_string(e.clients, ' ')
                FROM registry_searchentry e
                WHERE e.vector @@ look AND e.vector @@ within
                AND e.package_id + 0 < upper_end AND (e.vector @@ taken) IS NOT TRUE LIMIT room;
            GET DIAGNOSTICS found = ROW_COUNT;
            room := room - found;
        END IF;
        EXIT WHEN room <= 0;
        IF stage > 0 THEN taken := coalesce(taken || looks[number], looks[number]); END IF;
    END LOOP;
END
$$
"""
BEFORE = importlib.import_module("registry.migrations.0018_search").WINDOW.replace("CREATE ", "CREATE OR REPLACE ", 1)


class Migration(migrations.Migration):

    dependencies = [("registry", "0021_sync_points")]

    operations = [
        migrations.RunSQL(WINDOW, BEFORE),
    ]
