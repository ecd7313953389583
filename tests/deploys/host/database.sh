# On the host of the database: a real PostgreSQL in the unit that is a stand-in elsewhere, the repository, the bucket.
set -e
install -d -o postgres -m 700 /var/lib/qdt-pg
cd /
runuser -u postgres -- /usr/lib/postgresql/15/bin/initdb -D /var/lib/qdt-pg -A trust -N -E UTF8 --no-locale >/dev/null
echo 'host all all 0.0.0.0/0 trust' >>/var/lib/qdt-pg/pg_hba.conf
mkdir -p /run/systemd/system/postgresql.service.d
cat >/run/systemd/system/postgresql.service.d/deploys.conf <<'END'
[Service]
User=postgres
RuntimeDirectory=postgresql
ExecStart=
ExecStart=/usr/lib/postgresql/15/bin/postgres -D /var/lib/qdt-pg -c listen_addresses=* -c fsync=off -k /run/postgresql
END
mkdir -p /srv/qdt-git
# A disk of its own, which a test can fill: where backups are made, and what qd keeps.
mkdir -p /srv/qdt-disk /var/lib/qdt-deploys
mount -t tmpfs -o size=128m qdt-disk /srv/qdt-disk
mkdir -m 755 /srv/qdt-disk/kept
mkdir -m 1777 /srv/qdt-disk/tmp
mount --bind /srv/qdt-disk/tmp /var/tmp
mount --bind /srv/qdt-disk/kept /var/lib/qdt-deploys
git init -q --bare -b main /srv/qdt-git/pakashop.git
systemctl daemon-reload
systemctl restart postgresql
systemd-run -q --collect --unit qdt-git git daemon --reuseaddr --export-all --enable=receive-pack --base-path=/srv/qdt-git /srv/qdt-git
runuser -u postgres -- createdb -h /run/postgresql pakashop
for n in 1 2 3 4 5 6 7 8 9 10; do
  if git ls-remote git://localhost/pakashop.git >/dev/null 2>&1; then exit 0; fi
  sleep 0.2
done
echo 'the repository is not served' >&2
exit 1
