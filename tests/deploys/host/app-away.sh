systemctl stop 'pakashop-*'
for at in /opt/pakashop /var/lib/qdt-deploys /srv/qdt-disk; do umount -l "$at" 2>/dev/null; done
rm -rf /srv/qdt-disk
if [ -e /opt/pakashop.lab ]; then rm -rf /opt/pakashop && mv /opt/pakashop.lab /opt/pakashop; fi
rm -rf /run/systemd/system/pakashop-.service.d /var/lib/lab/pakashop-* /var/lib/qdt-deploys
rm -f /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/go /usr/local/bin/pip /usr/local/bin/nginx
systemctl daemon-reload
systemctl reset-failed
systemctl list-unit-files --no-legend --plain 'pakashop-*.service' | while read -r unit rest; do systemctl start --no-block "$unit"; done
