# about: a package is unpacked and its scripts run
# needs: dpkg dpkg-deb
mkdir -p p/DEBIAN p/usr/local/bin; printf 'Package: demo-pkg\nVersion: 1\nArchitecture: all\nMaintainer: x <x@x>\nDescription: x\n' >p/DEBIAN/control
printf '#!/bin/sh\necho hi\n' >p/usr/local/bin/demo-pkg; chmod 755 p/usr/local/bin/demo-pkg; printf '#!/bin/sh\nset -e\nldconfig\nid >/dev/null\n' >p/DEBIAN/postinst; chmod 755 p/DEBIAN/postinst
dpkg-deb -b p demo.deb >/dev/null; dpkg -i demo.deb >/dev/null; demo-pkg; dpkg -r demo-pkg >/dev/null
