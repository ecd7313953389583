systemctl stop qdt-git postgresql
for at in /var/tmp /var/lib/qdt-deploys /srv/qdt-disk; do umount -l "$at" 2>/dev/null; done
rm -rf /srv/qdt-disk
rm -rf /run/systemd/system/postgresql.service.d /var/lib/qdt-pg /srv/qdt-git /srv/qdt-s3 /usr/local/bin/aws /var/lib/qdt-deploys
systemctl daemon-reload
systemctl start postgresql
