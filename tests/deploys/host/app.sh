# On a host of services: the checkout in its place, and units that run from it.
set -e
[ ! -e /opt/pakashop.lab ] || { echo 'an earlier test left its checkout here' >&2; exit 1; }
mv /opt/pakashop /opt/pakashop.lab
# A disk of its own, which a test can fill: the checkout, and what qd keeps.
mkdir -p /srv/qdt-disk /opt/pakashop /var/lib/qdt-deploys
mount -t tmpfs -o size=128m qdt-disk /srv/qdt-disk
mkdir -m 755 /srv/qdt-disk/shop /srv/qdt-disk/kept
mount --bind /srv/qdt-disk/shop /opt/pakashop
mount --bind /srv/qdt-disk/kept /var/lib/qdt-deploys
git clone -q -b production git://db-1/pakashop.git /opt/pakashop
# Who commits there: a rollback puts what ran before on the branch as one more commit.
git -C /opt/pakashop config user.name 'Production' && git -C /opt/pakashop config user.email 'production@example.com'
for name in moderation recommendations; do
  mkdir -p "/opt/pakashop/services/$name/venv/bin"
  echo "VIRTUAL_ENV=/opt/pakashop/services/$name/venv; export VIRTUAL_ENV" >"/opt/pakashop/services/$name/venv/bin/activate"
done
mkdir -p /run/systemd/system/pakashop-.service.d
cat >/run/systemd/system/pakashop-.service.d/deploys.conf <<'END'
[Service]
ExecStart=
ExecStart=/opt/pakashop/serve %N
END
systemctl daemon-reload
systemctl restart 'pakashop-*'
