-- Creates three demo organizations with 5,000 invented tasks.  Run it once in psql, as a
-- superuser, after CALL taskcrm.tc_install().
--
-- Every run creates the same rows: ids and choices are derived from md5 of names.  Times
-- end shortly before the day on which it is run; `psql -v anchor=2026-11-02` sets another
-- day, so that a test gets the same times every day.
\set ON_ERROR_STOP on
\encoding UTF8
\if :{?anchor} \else
  SELECT (now() AT TIME ZONE 'UTC')::date AS anchor \gset
\endif

BEGIN;
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL TimeZone = 'UTC';
SET LOCAL client_min_messages = warning;

CREATE FUNCTION pg_temp.id(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT md5('taskcrm demo: ' || name)::uuid $$;
-- Returns a number from 0 to n - 1 that depends only on the key.
CREATE FUNCTION pg_temp.pick(key text, n integer) RETURNS integer LANGUAGE sql IMMUTABLE AS
  $$ SELECT (('x' || substr(md5(key), 1, 8))::bit(32)::bigint % n)::integer $$;
CREATE FUNCTION pg_temp.one_of(key text, choices text[]) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT choices[1 + pg_temp.pick(key, cardinality(choices))] $$;

-- The organizations and the numbers of their objects.
CREATE TEMP TABLE org ON COMMIT DROP AS
SELECT pg_temp.id(name) AS id, * FROM (VALUES
  ('Harbourline Logistics', 'harbourline.example', 4600, 60, 180, timestamptz '2019-03-04 08:12:45Z'),
  ('Atelier Zéphyr',        'zephyr.example',       300, 14,  30, '2022-09-19 13:40:10Z'),
  ('Yıldız Mobilya',        'yildiz.example',       100,  6,  12, '2025-01-13 07:05:00Z')
) AS v (name, domain, tasks, accounts, contacts, created_on);

-- Users.  Dora Lindqvist is a member of two organizations.
CREATE TEMP TABLE person ON COMMIT DROP AS
SELECT o.id AS org_id, o.name AS org, pg_temp.id(handle) AS user_id,
  handle || '@' || CASE handle WHEN 'dora' THEN 'lindqvist.example' ELSE o.domain END AS email,
  row_number() OVER (PARTITION BY o.id ORDER BY v.place) AS n, v.*
FROM (
  SELECT row_number() OVER () AS place, * FROM (VALUES
    ('Harbourline Logistics', 'alice', 'Alice Hartmann', 'admin', true),
    ('Harbourline Logistics', 'bob', 'Bob Okafor', 'member', true),
    ('Harbourline Logistics', 'dora', 'Dora Lindqvist', 'member', true),
    ('Harbourline Logistics', 'ines', 'Inês Carvalho', 'admin', true),
    ('Harbourline Logistics', 'joerg', 'Jörg Weißmüller', 'member', true),
    ('Harbourline Logistics', 'mei', '陈美', 'member', true),
    ('Harbourline Logistics', 'yuki', '佐藤 由紀', 'member', true),
    ('Harbourline Logistics', 'minjun', '김민준', 'member', true),
    ('Harbourline Logistics', 'olga', 'Ольга Соколова', 'member', true),
    ('Harbourline Logistics', 'eleni', 'Ελένη Παππά', 'member', true),
    ('Harbourline Logistics', 'omar', 'عمر الحداد', 'member', true),
    ('Harbourline Logistics', 'noa', 'נועה ברק', 'member', true),
    ('Harbourline Logistics', 'anjali', 'अंजलि मेहता', 'member', true),
    ('Harbourline Logistics', 'lukasz', 'Łukasz Wójcik', 'member', true),
    ('Harbourline Logistics', 'irmak', 'Irmak İnan', 'member', true),
    ('Harbourline Logistics', 'lucia', 'Lucía Peña', 'member', true),
    ('Harbourline Logistics', 'soren', 'Søren Kjær', 'member', true),
    ('Harbourline Logistics', 'aoife', 'Aoife Ní Bhriain', 'member', true),
    ('Harbourline Logistics', 'thandi', 'Thandi Mokoena', 'member', true),
    ('Harbourline Logistics', 'marek', 'Marek Dvořák', 'member', true),
    ('Harbourline Logistics', 'linh', 'Nguyễn Thùy Linh', 'member', true),
    ('Harbourline Logistics', 'keoni', 'Keoni Kahale', 'member', true),
    ('Harbourline Logistics', 'priya', 'Priya Raman', 'member', true),
    ('Harbourline Logistics', 'george', 'George Abbot', 'member', true),
    ('Harbourline Logistics', 'wim', 'Wim van der Meer', 'member', false),
    ('Atelier Zéphyr', 'carol', 'Carol Dubois', 'admin', true),
    ('Atelier Zéphyr', 'dora', 'Dora Lindqvist', 'member', true),
    ('Atelier Zéphyr', 'gael', 'Gaël Lefèvre', 'member', true),
    ('Atelier Zéphyr', 'noemie', 'Noémie Garçon', 'member', true),
    ('Atelier Zéphyr', 'thierry', 'Thierry Bœuf', 'member', true),
    ('Yıldız Mobilya', 'emre', 'Emre Yıldız', 'admin', true),
    ('Yıldız Mobilya', 'isil', 'Işıl Şahin', 'member', true),
    ('Yıldız Mobilya', 'cigdem', 'Çiğdem Öz', 'member', true)
  ) AS w (org_name, handle, name, role, is_active)
) AS v JOIN org o ON o.name = v.org_name;

-- Titles: the share in percent, then one phrase per line.  %s is an account, %% a percent sign.
CREATE TEMP TABLE phrase ON COMMIT DROP AS
SELECT org_name, share, string_to_array(btrim(lines, E'\n'), E'\n') AS phrases FROM (VALUES
  ('Harbourline Logistics', 66, '
Follow up on proposal for %s
Review contract with %s
Prepare quote for %s
Call %s about late delivery
Send updated price list to %s
Schedule quarterly review with %s
Check customs papers of %s
Renew insurance certificate: %s
Invoice 30 days past due: %s
Confirm pick-up window with %s
Ask %s for a reference
Onboard new contact at %s
Claim for damaged pallets (%s)
Negotiate fuel surcharge with %s
Book warehouse visit: %s
Correct billing address of %s
Collect proof of delivery from %s
Present pilot results to %s
Plan summer capacity with %s
Find out who signs at %s
100%% inspection of the last shipment for %s
Update "do not stack" labels for %s
Answer security questionnaire of %s
Reschedule demo for %s
Thank %s for 10 years together
Draft service-level agreement with %s
Forecast volumes Q1/Q2 – %s
Cancel duplicate order of %s
Resend login details to %s
Route_planning handover for %s'),
  ('Harbourline Logistics', 6, '
Angebot für %s nachfassen
Rückruf: Müller, %s
Straßengüterverkehr: Preise für %s prüfen
Großauftrag %s abschließen
Übergabe der Lieferscheine an %s
Jahresgespräch mit %s vorbereiten
MASSE UND GRÖẞE der Kisten bei %s klären'),
  ('Harbourline Logistics', 5, '
Relancer %s au sujet du devis
Vérifier la facture de %s
Préparer la réunion à Orléans avec %s
Envoyer le contrat signé à %s
Où en est la commande de %s ?'),
  ('Harbourline Logistics', 4, '
Llamar a %s por el envío de mañana
Revisar el presupuesto de %s
¿Quién firma en %s?
Añadir a %s al boletín de año nuevo'),
  ('Harbourline Logistics', 3, '
İhale dosyasını %s için hazırla
%s ile ışıklandırma siparişini görüş
ISPARTA deposu: %s sevkiyatı
İzmir limanı için %s teklifi'),
  ('Harbourline Logistics', 2, '
Zadzwonić do %s w sprawie zaległości
Przygotować ofertę dla %s
Źródło reklamacji: %s'),
  ('Harbourline Logistics', 2, '
Αποστολή προσφοράς στην %s
ΕΛΕΓΧΟΣ τιμολογίου της %s
Συνάντηση με τους πελάτες: %s'),
  ('Harbourline Logistics', 2, '
Перезвонить в %s по договору
Подготовить ещё одно предложение для %s
Проверить счёт: %s'),
  ('Harbourline Logistics', 2, '
متابعة العرض مع %s
إرسال الفاتورة إلى %s
تحديد موعد اجتماع مع %s'),
  ('Harbourline Logistics', 1, '
לשלוח הצעת מחיר אל %s
לבדוק את החוזה עם %s'),
  ('Harbourline Logistics', 1, '
%s को प्रस्ताव भेजें
%s के साथ अनुबंध की समीक्षा'),
  ('Harbourline Logistics', 2, '
跟进%s的报价
与%s确认交货时间
审核%s的合同'),
  ('Harbourline Logistics', 2, '
%s様への見積書を送る
%sとの契約更新を確認
カスタマー会議の準備：%s'),
  ('Harbourline Logistics', 1, '
%s 견적서 보내기
%s 계약 검토'),
  ('Harbourline Logistics', 1, '
🚚 Express run for %s
Kick-off with %s 🎉
👩🏽‍💻 Fix EDI mapping for %s'),
  ('Atelier Zéphyr', 80, '
Croquis pour %s
Relancer %s pour l’acompte
Choisir les tissus avec %s
Livraison à %s avant Noël
Devis d’éclairage : %s
Être à l’heure chez %s'),
  ('Atelier Zéphyr', 20, '
Send mood board to %s
Fabric samples for %s
Site visit: %s'),
  ('Yıldız Mobilya', 100, '
%s için ölçü al
IŞIKLI VİTRİN: %s
%s siparişini üretime ver
İade edilen koltuk: %s
Kapı kulplarını %s adresine gönder')
) AS v (org_name, share, lines);

INSERT INTO taskcrm.organization (id, name, created_on) SELECT id, name, created_on FROM org;
INSERT INTO taskcrm.app_user (id, email, name) SELECT DISTINCT user_id, email, name FROM person;
INSERT INTO taskcrm.member (org_id, user_id, role, is_active) SELECT org_id, user_id, role, is_active FROM person;

-- Accounts and their contacts.
CREATE TEMP TABLE company ON COMMIT DROP AS
SELECT o.id AS org_id, o.name AS org, n, pg_temp.id(o.name || ' account ' || n) AS id,
  (ARRAY['Aldermoor', 'Brandt & Söhne', 'Costa Verde', 'Dalgaard', 'Étoile du Nord', 'Finnbay',
    'Grünwald', 'Hızır', 'Ibex', 'Jasminum', 'Køge', 'Łódzka', 'Morrow', 'Nakamura', 'Ostrava',
    'Peñalara', 'Quillon', 'Río Claro', 'Straßer', 'Tamarind'])[1 + (n - 1) % 20]
  || ' ' || (ARRAY['Foods', 'Textiles', 'Marine', 'Instruments', 'Paper'])[1 + ((n - 1) / 20 + n) % 5] AS name
FROM org o CROSS JOIN generate_series(1, o.accounts) AS n;
INSERT INTO taskcrm.account (org_id, id, name) SELECT org_id, id, name FROM company;

INSERT INTO taskcrm.contact (org_id, id, first_name, last_name, email, account_id)
SELECT o.id, pg_temp.id(k), split_part(first, '=', 1), split_part(last, '=', 1),
  -- One in five contacts has no email, one in ten has no account.
  CASE WHEN pg_temp.pick(k || 'email', 5) > 0 THEN
    format('%s.%s%s@contact.example', split_part(first, '=', 2), split_part(last, '=', 2), n) END,
  CASE WHEN pg_temp.pick(k || 'account', 10) > 0 THEN
    pg_temp.id(format('%s account %s', o.name, 1 + pg_temp.pick(k || 'which', o.accounts))) END
FROM org o CROSS JOIN generate_series(1, o.contacts) AS n
CROSS JOIN LATERAL (SELECT format('%s contact %s', o.name, n) AS k) AS key
CROSS JOIN LATERAL (SELECT
  pg_temp.one_of(k || 'first', '{Åsa=asa,Bilal=bilal,Chloé=chloe,Dmitri=dmitri,Esra=esra,Ferdinand=ferdinand,Grace=grace,Hye-jin=hyejin,İlker=ilker,José=jose,Katarzyna=katarzyna,Leïla=leila,Mikkel=mikkel,Naledi=naledi,Oskar=oskar,Sofía=sofia}') AS first,
  pg_temp.one_of(k || 'last', '{Ashdown=ashdown,Björk=bjork,Çelik=celik,D’Arcy=darcy,Eriksen=eriksen,Fuchs=fuchs,Gómez=gomez,Haddad=haddad,Ivanova=ivanova,Jansen=jansen,Kowalczyk=kowalczyk,Levi=levi,Moreau=moreau,Nwosu=nwosu,Größer=groesser,Tanaka=tanaka}') AS last) AS names;

INSERT INTO taskcrm.team (org_id, id, name)
SELECT o.id, pg_temp.id(o.name || ' team ' || n), t.name
FROM org o JOIN (VALUES
  ('Harbourline Logistics', '{Sales North,Sales South,Customer Care,Customs & Compliance,Finance,Warehouse Ω}'::text[]),
  ('Atelier Zéphyr', '{Création,Chantiers}'), ('Yıldız Mobilya', '{Üretim}')) AS v (org_name, teams) ON v.org_name = o.name
CROSS JOIN LATERAL unnest(v.teams) WITH ORDINALITY AS t (name, n);
-- Every user is in one team, every third user in a second one.
INSERT INTO taskcrm.team_member (org_id, team_id, user_id)
SELECT p.org_id, t.id, p.user_id FROM person p
JOIN (SELECT *, row_number() OVER w AS n, count(*) OVER (PARTITION BY org_id) AS of
      FROM taskcrm.team WHERE org_id IN (SELECT id FROM org) WINDOW w AS (PARTITION BY org_id ORDER BY id)) AS t
  ON t.org_id = p.org_id AND (p.n % t.of = t.n - 1 OR p.n % 3 = 0 AND (p.n + 1) % t.of = t.n - 1);

-- Tasks.  Completed tasks are spread over 400 days; open tasks are mostly recent.
CREATE TEMP TABLE made ON COMMIT DROP AS
SELECT o.id AS org_id, o.name AS org, k, pg_temp.id(k) AS id,
  CASE WHEN s < 30 THEN 'New' WHEN s < 55 THEN 'In Progress' ELSE 'Completed' END AS status,
  CASE WHEN p < 20 THEN 'Low' WHEN p < 70 THEN 'Normal' WHEN p < 92 THEN 'High' ELSE 'Urgent' END AS priority,
  c.id AS account_id, c.name AS account, h.user_id AS created_by, t.created_on,
  format(pg_temp.one_of(k || 'phrase', ph.phrases), c.name) AS title
FROM org o CROSS JOIN generate_series(1, o.tasks) AS n
CROSS JOIN LATERAL (SELECT format('%s task %s', o.name, n) AS k) AS key
CROSS JOIN LATERAL (SELECT pg_temp.pick(k || 'status', 100) AS s, pg_temp.pick(k || 'priority', 100) AS p) AS skew
CROSS JOIN LATERAL (SELECT :'anchor'::timestamptz - interval '6 hours'
  - pg_temp.pick(k || 'day', CASE WHEN s < 55 THEN 90 ELSE 400 END) * interval '1 day'
  - pg_temp.pick(k || 'second', 36000) * interval '1 second' AS created_on) AS t
JOIN company c ON c.org_id = o.id AND c.n = 1 + pg_temp.pick(k || 'account', o.accounts)
JOIN person h ON h.org_id = o.id
  AND h.n = 1 + pg_temp.pick(k || 'author', (SELECT count(*)::integer FROM person WHERE org_id = o.id))
JOIN (SELECT *, sum(share) OVER w - share AS low, sum(share) OVER w AS high
      FROM (SELECT row_number() OVER () AS place, * FROM phrase) AS f
      WINDOW w AS (PARTITION BY org_name ORDER BY place)) AS ph
  ON ph.org_name = o.name AND pg_temp.pick(k || 'language', 100) >= ph.low AND pg_temp.pick(k || 'language', 100) < ph.high;

INSERT INTO taskcrm.task (org_id, id, title, description, status, priority, due_date, account_id,
  created_on, created_by, updated_on, version)
SELECT org_id, id, title,
  CASE WHEN pg_temp.pick(k || 'description', 3) = 0 THEN
    format(pg_temp.one_of(k || 'first sentence', ARRAY[
      '%s asked for this at the last meeting.', 'The history is in the mail thread with %s.',
      'Hat Vorrang, weil %s das Lager räumt.', '%s attend notre réponse avant vendredi.',
      'Договорились с %s по телефону.', '%s に電話で確認済み。', 'Blocked until %s sends the signed form.']), account)
    || ' ' || pg_temp.one_of(k || 'second sentence', ARRAY[
      'Check the numbers twice.', 'Copy the account manager.', 'No discount above 5% without approval.',
      E'To do:\n- call\n- confirm in writing\n- file it', 'See https://wiki.harbourline.example/playbook#quotes',
      'Keep it friendly 🙂']) END,
  status::taskcrm.task_status, priority::taskcrm.task_priority,
  -- A quarter of the tasks has no due date.
  CASE WHEN pg_temp.pick(k || 'has due date', 4) > 0 THEN created_on::date + 3 + pg_temp.pick(k || 'due', 60) END,
  CASE WHEN pg_temp.pick(k || 'has account', 8) > 0 THEN account_id END,
  created_on, created_by,
  -- At most 20 days later, and not after the anchor.
  created_on + CASE status WHEN 'New' THEN interval '0'
    ELSE make_interval(secs => 900 + pg_temp.pick(k || 'updated', least(1728000,
      extract(epoch FROM :'anchor' - created_on)::integer - 900))) END,
  CASE status WHEN 'New' THEN 1 ELSE 2 + pg_temp.pick(k || 'version', 4) END
FROM made ORDER BY created_on, id;

-- Links: the percentages of tasks that have at least one, two and three.
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
SELECT DISTINCT m.org_id, m.id, p.user_id, m.created_on
FROM made m JOIN (VALUES (1, 88), (2, 25), (3, 7)) AS l (n, share) ON pg_temp.pick(m.k || 'assignees', 100) < l.share
JOIN person p ON p.org_id = m.org_id
  -- Two random choices, so that the first users have the most tasks.
  AND p.n = 1 + pg_temp.pick(m.k || 'assignee' || l.n, 1 + pg_temp.pick(m.k || 'range' || l.n,
    (SELECT count(*)::integer FROM person q WHERE q.org_id = m.org_id)));

INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
SELECT DISTINCT m.org_id, m.id,
  pg_temp.id(format('%s contact %s', m.org, 1 + pg_temp.pick(m.k || 'contact' || l.n, o.contacts))), m.created_on
FROM made m JOIN org o ON o.id = m.org_id
JOIN (VALUES (1, 60), (2, 20), (3, 5)) AS l (n, share) ON pg_temp.pick(m.k || 'contacts', 100) < l.share;

INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
SELECT DISTINCT m.org_id, m.id, t.id, m.created_on
FROM made m JOIN (VALUES (1, 50), (2, 12)) AS l (n, share) ON pg_temp.pick(m.k || 'teams', 100) < l.share
JOIN (SELECT *, row_number() OVER (PARTITION BY org_id ORDER BY id) AS place, count(*) OVER (PARTITION BY org_id) AS of
      FROM taskcrm.team WHERE org_id IN (SELECT id FROM org)) AS t
  ON t.org_id = m.org_id AND t.place = 1 + pg_temp.pick(m.k || 'team' || l.n, t.of::integer);

-- Comments.  Every second one mentions a user, by the part of the email before @.
CREATE TEMP TABLE said ON COMMIT DROP AS
SELECT m.org_id, m.id AS task_id, pg_temp.id(m.k || ' comment ' || l.n) AS id, a.user_id AS author, b.user_id AS mentioned,
  m.created_on + (l.n * 3600 + pg_temp.pick(m.k || 'said' || l.n, 3000)) * interval '1 second' AS said_on,
  CASE WHEN b.user_id IS NULL
    THEN pg_temp.one_of(m.k || 'text' || l.n, ARRAY['Done, thank you.', 'Left a message, will try again tomorrow.',
      'Sent by mail this morning.', 'Warten auf Rückmeldung.', 'C’est bon pour moi 👍', '已发送，等待回复。', 'تم الإرسال'])
    ELSE format(pg_temp.one_of(m.k || 'text' || l.n, ARRAY['@%s can you take over?', 'Agreed with @%s: we wait a week.',
      'Thanks @%s!', '@%s bitte prüfen.', '@%s さん、お願いします。']), b.handle) END AS comment
FROM made m JOIN (VALUES (1, 14), (2, 6), (3, 2)) AS l (n, share) ON pg_temp.pick(m.k || 'comments', 100) < l.share
CROSS JOIN LATERAL (SELECT count(*)::integer AS people FROM person p WHERE p.org_id = m.org_id) AS q
JOIN person a ON a.org_id = m.org_id AND a.n = 1 + pg_temp.pick(m.k || 'speaker' || l.n, people)
LEFT JOIN person b ON b.org_id = m.org_id AND b.is_active AND l.n % 2 = 1
  AND b.n = 1 + pg_temp.pick(m.k || 'mentioned' || l.n, 2 * people);
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_on, commented_by)
SELECT org_id, id, task_id, comment, said_on, author FROM said ORDER BY said_on, id;
INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id)
SELECT org_id, id, mentioned FROM said WHERE mentioned IS NOT NULL;

-- Attachments: links to files elsewhere, and small files stored in the database.
CREATE TEMP TABLE attached ON COMMIT DROP AS
SELECT m.*, pg_temp.id(k || ' attachment') AS attachment_id, pg_temp.pick(k || 'kept', 2) = 0 AS kept,
  convert_to(format(E'Notes on %s\n\n%s\n', account, title), 'UTF8') AS content,
  pg_temp.one_of(k || 'file', '{notes,Besprechung Größe,compte rendu,メモ,заметки}') AS file_name
FROM made m WHERE pg_temp.pick(k || 'attachment', 50) = 0;
INSERT INTO taskcrm.task_attachment (org_id, id, task_id, file_name, content_type, size, sha256, url, created_on, created_by)
SELECT org_id, attachment_id, id, file_name || CASE WHEN kept THEN '.txt' ELSE '.pdf' END,
  CASE WHEN kept THEN 'text/plain; charset=utf-8' ELSE 'application/pdf' END,
  CASE WHEN kept THEN octet_length(content) END, CASE WHEN kept THEN sha256(content) END,
  CASE WHEN NOT kept THEN format('https://files.example.com/%s.pdf', attachment_id) END, created_on, created_by
FROM attached;
INSERT INTO taskcrm.task_attachment_content (org_id, attachment_id, content)
SELECT org_id, attachment_id, content FROM attached WHERE kept;
COMMIT;
ANALYZE;
