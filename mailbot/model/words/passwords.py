"""Words that stand in the middle of passwords that are guessed first. Compared without digits and signs around them, so that
`Password2024!!` is found by `password`; no breach list is copied here."""

from __future__ import annotations

COMMON = frozenset(
    """
    password passwords passwort passord parola motdepasse contrasena senha losenord lozinka haslo heslo salasana wachtwoord
    passwordpassword mypassword thepassword newpassword oldpassword yourpassword password-password passphrase passcode pass
    changeme changemenow changemeplease pleasechangeme letmein letmeinnow letmeinplease opensesame welcome welcomehome welcomeback
    iloveyou iloveyousomuch iloveyouforever iloveyoubaby ilovemyself ilovemymom ilovemydog ilovemycat iloveme loveyou lovelove
    admin administrator adminadmin administration root rootroot toor superuser sysadmin system manager supervisor operator
    default defaultpassword temporary temppassword testtest testing testpassword test tester guest guestguest demo demodemo
    secret secretsecret topsecret verysecret supersecret secretpassword nopassword nopasswd withoutpassword
    master masterkey masterpassword mastermaster hunter hunterhunter access accessgranted login loginlogin signin
    qwerty qwertyqwerty qwertyuiop qwertyuiopasdf qwertyuiopasdfghjkl qwertz qwertzuiop azerty azertyuiop asdfgh asdfghjkl zxcvbn
    zxcvbnm qazwsx qazwsxedc qazwsxedcrfv qweasdzxc qweasd asdf asdfasdf qwer qwerasdf qwerasdfzxcv abcd abcdefgh abcdefghijkl
    monkey monkeymonkey dragon dragondragon football footballfootball baseball basketball superman batman spiderman starwars
    pokemon princess princessprincess sunshine sunshinesunshine shadow shadowshadow michael jennifer jessica charlie jordan
    ashley daniel andrew thomas george samantha michelle nicole matthew joshua robert william anthony christopher
    computer computercomputer internet internetexplorer windows microsoft google facebook instagram whatsapp samsung apple android
    iphone linkedin twitter youtube netflix amazon summer summertime winter wintertime spring autumn january february march april
    june july august september october november december monday tuesday wednesday thursday friday saturday sunday christmas
    liverpool liverpoolfc arsenal chelsea manchester manchesterunited barcelona realmadrid juventus bayern everton
    harley davidson harleydavidson mercedes ferrari porsche mustang yamaha suzuki honda toyota corvette
    chocolate cheese cookie butterfly rainbow flower flowers diamond angel angels heaven hello hellohello helloworld hellokitty
    goodmorning goodluck freedom forever foreveryoung whatever trustno trustnoone nothing something anything everything
    thunder lightning phoenix eagle tiger lion wolf bear falcon silver golden purple orange yellow black white
    correcthorsebatterystaple correct-horse-battery-staple correcthorse batterystaple
    office company business support helpdesk service customer customerservice sales marketing studio photo photos photography
    realestate real-estate agency editing imageediting staging virtualstaging floorplan floorplans
    """.split()  # noqa: SIM905  a list of words is read as words, not as a column of quotes
)
