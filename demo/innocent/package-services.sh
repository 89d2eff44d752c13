# about: a package's scripts write a cron job, a unit and a user, and its files are kept up to date
# needs: dpkg dpkg-deb
mkdir -p p/DEBIAN p/etc/cron.d p/etc/systemd/system p/etc/logrotate.d p/etc/sudoers.d; printf 'Package: demo-srv\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n' >p/DEBIAN/control
echo '@daily root true' >p/etc/cron.d/demo-srv; echo 'x' >p/etc/logrotate.d/demo-srv
printf '#!/bin/sh\nset -e\nmkdir -p /etc/systemd/system/multi-user.target.wants\nprintf "[Service]\\nExecStart=/bin/true\\n" >/etc/systemd/system/demo-srv.service\nln -sf ../demo-srv.service /etc/systemd/system/multi-user.target.wants/\ngetent passwd demo-srv >/dev/null || useradd -r demo-srv || true\n' >p/DEBIAN/postinst; chmod 755 p/DEBIAN/postinst
dpkg-deb -b p demo.deb >/dev/null && dpkg -i demo.deb >/dev/null && test -e /etc/systemd/system/demo-srv.service
sed -i 's/Version: 1/Version: 2/' p/DEBIAN/control; dpkg-deb -b p demo.deb >/dev/null; dpkg -i demo.deb >/dev/null; dpkg -P demo-srv >/dev/null
