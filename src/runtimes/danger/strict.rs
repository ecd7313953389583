//! Options that are known: a program whose options can act reads only where each of them is in its list.

use super::shell::Arg;

/// What is known of the options of a program.
struct Known {
    /// Its names.
    names: &'static str,
    /// Short options without a value.
    flags: &'static str,
    /// Short options with a value.
    valued: &'static str,
    /// Those of `valued` whose value may stand right behind them and begin with a letter.
    glued: &'static str,
    /// Long options: `name`, `name=` with a value, `name?` with one only behind `=`.
    long: &'static str,
    /// Where the first operand is a verb: options that may stand before it with a value of their own.
    lead: Option<&'static str>,
}

const fn plain(names: &'static str, flags: &'static str, valued: &'static str, long: &'static str) -> Known {
    Known { names, flags, valued, glued: "", long, lead: None }
}

const fn verbs(
    names: &'static str,
    flags: &'static str,
    valued: &'static str,
    long: &'static str,
    lead: &'static str,
) -> Known {
    Known { names, flags, valued, glued: "", long, lead: Some(lead) }
}

/// Programs that can't act through any option.
const FREE: &str = "cat head tail grep egrep fgrep zgrep zcat bzcat xzcat wc cut tr nl tac rev fold fmt paste \
    join ls stat du df echo basename dirname readlink realpath md5sum sha1sum sha256sum sha512sum cksum b2sum cmp \
    comm strings od hexdump ps pgrep id getent dig jq expr seq numfmt test [ [[ : true false printf pwd cd \
    pushd popd sleep exit return break continue shift wait set shopt unset export local declare typeset readonly read \
    mapfile readarray getopts for case select type which whereis hash ulimit umask times jobs let hostid free uptime w \
    who whoami groups uname arch nproc lscpu lsblk lsmem lsusb lsmod findmnt last lastb logname tty vmstat \
    iostat mpstat lsof netstat traceroute tracepath mtr host nslookup whois pidof pstree column diff printenv locale \
    getconf pg_isready pg_controldata look tsort cal find xargs watch timeout tee rm dd nvidia-smi node php ruby go java";

const KNOWN: &[Known] = &[
    plain("zstdcat", "qvf", "", ""),
    plain("ping", "4c6nqvDO", "cWwsIt", ""),
    plain("lspci", "vnktDb", "s", ""),
    plain("sar", "urbqwWSBARvhpd", "nPfse", ""),
    plain("uniq", "cdiuzD", "fsw", "count repeated unique ignore-case skip-fields= skip-chars= check-chars="),
    verbs(
        "rabbitmqctl rabbitmq-diagnostics",
        "qs",
        "np",
        "node= vhost= quiet silent formatter= online offline local",
        "-n --node -p --vhost",
    ),
    verbs("supervisorctl", "", "c", "configuration=", "-c"),
    verbs("pm2", "", "", "lines= nostream raw json timestamp err out", ""),
    Known {
        names: "sort",
        flags: "bdfgiMhnRrVcCmsuz",
        valued: "ktS",
        glued: "kS",
        long: "reverse unique numeric-sort human-numeric-sort version-sort ignore-case key= field-separator= stable \
            zero-terminated",
        lead: None,
    },
    plain("sed", "nErzu", "e", "quiet silent regexp-extended expression= null-data unbuffered"),
    Known {
        names: "awk gawk mawk",
        flags: "",
        valued: "Fv",
        glued: "Fv",
        long: "field-separator= assign= version",
        lead: None,
    },
    plain("yq", "rePCMNn", "op", "raw-output exit-status prettyPrint colors no-colors no-doc output-format= version"),
    plain("xxd", "pubE", "lscg", ""),
    plain("gzip gunzip", "cdltkvnq123456789", "", "stdout to-stdout list test decompress keep verbose quiet"),
    plain("tar", "tzjJvOx", "f", "list gzip bzip2 xz zstd verbose file= to-stdout extract exclude= wildcards"),
    plain("unzip", "lvtpqZ", "", ""),
    Known {
        names: "date",
        flags: "uRI",
        valued: "dr",
        glued: "",
        long: "utc universal date= reference= iso-8601? rfc-3339? rfc-email",
        lead: None,
    },
    plain("hostname", "fsIidAya", "", "fqdn long short ip-address all-ip-addresses domain all-fqdns"),
    plain(
        "dmesg",
        "THxkutwWPeSr",
        "l",
        "ctime human follow follow-new level= kernel userspace time-format= since= until= nopager color?",
    ),
    plain(
        "ss",
        "tulnpaexosmirHO4640wZz",
        "f",
        "tcp udp listening numeric processes all extended memory options summary info no-header oneline ipv4 ipv6",
    ),
    plain(
        "curl",
        "sSfvIikLGgN46",
        "HXAomwruexdbDE",
        "cookie= cert= key= dump-header= silent show-error fail fail-with-body verbose head include insecure \
        location get globoff no-buffer ipv4 ipv6 compressed http1.1 http2 header= request= user-agent= output= \
        max-time= write-out= user= referer= connect-timeout= retry= retry-delay= retry-max-time= retry-all-errors \
        retry-connrefused resolve= cacert= data-urlencode= no-progress-meter url= limit-rate= range= location-trusted \
        noproxy= tlsv1.2 tlsv1.3 interface= connect-to= oauth2-bearer= get unix-socket= max-redirs=",
    ),
    plain(
        "wget",
        "qSv",
        "OTt",
        "spider quiet server-response output-document= timeout= tries= no-check-certificate header= no-verbose",
    ),
    plain("nc ncat", "zvnu46", "w", ""),
    plain(
        "journalctl",
        "fexrabkqm",
        "unpotgSUN",
        "follow pager-end catalog reverse all boot? dmesg quiet merge unit= \
        user-unit= lines= priority= output= identifier= grep= since= until= no-pager no-hostname list-boots disk-usage \
        user system utc no-full full case-sensitive? facility= output-fields= fields header verify show-cursor \
        no-tail after-cursor= cursor= truncate-newline",
    ),
    verbs(
        "systemctl",
        "alqr",
        "tpno",
        "all full quiet failed no-pager no-legend user system plain recursive reverse \
        type= state= property= lines= output= value with-dependencies before after show-types version help host= \
        machine=",
        "-t -p -n -o --type --state --property --lines --output --host --machine",
    ),
    verbs(
        "timedatectl hostnamectl loginctl resolvectl coredumpctl networkctl",
        "alqr",
        "",
        "no-pager no-legend all full json? static",
        "",
    ),
    verbs("ufw", "", "", "", ""),
    plain("nginx", "tTvVq", "", ""),
    plain("sshd", "tTq", "", ""),
    plain("sysctl", "aneNq", "", "all values names ignore quiet pattern="),
    plain("mount", "l", "", ""),
    plain("swapon", "s", "", "show? summary noheadings bytes raw"),
    plain("crontab", "lr", "u", ""),
    plain("iptables", "LSnv", "t", "list list-rules numeric verbose line-numbers table= wait"),
    plain("nft", "anjs", "", "handle numeric json stateless"),
    verbs("apt", "qa", "", "installed upgradable all-versions quiet", ""),
    plain("dpkg", "lLsS", "", "list listfiles status search get-selections print-architecture"),
    plain("rpm", "qailcdRf", "", "query all info list changelog requires last queryformat= qf="),
    plain(
        "rsync",
        "navzhrltpgoDHAXPui",
        "",
        "dry-run list-only archive verbose compress delete exclude= include= stats itemize-changes human-readable progress checksum recursive",
    ),
    plain("top", "bcHi", "nopdu", ""),
    verbs(
        "git",
        "aprsvnlqwizbuUfdDPxXF",
        "CnL",
        "oneline stat short? is-ancestor exact-match abbrev? is-bare-repository porcelain? graph all decorate? no-decorate name-only \
        name-status abbrev-ref abbrev-commit no-pager cached staged list get get-all get-regexp merged contains \
        no-merged points-at since= until= after= before= author= grep= format= pretty? count left-right verbose quiet \
        tags heads exit-code no-color color? branch reverse merges no-merges first-parent follow dirty? always \
        show-toplevel verify numstat shortstat word-diff? sort= max-count= date= no-patch patch is-inside-work-tree \
        show-current remotes dry-run version help symbolic local global system cherry-pick full-history force hard \
        force-with-lease delete mirror prune staged",
        "-C",
    ),
    verbs(
        "docker podman nerdctl",
        "aqsftTvindlugwpe",
        "",
        "all quiet size format= filter= no-stream no-trunc tail= follow timestamps since= until= \
        version verbose latest last= details file= project-name= profile= env-file= project-directory= host= context= \
        log-level= interactive tty user= env= workdir= privileged index= no-color no-log-prefix services images orphans? \
        status= type= tree",
        "-H -c -l -f -p --host --context --log-level --file --project-name --profile --env-file \
        --project-directory",
    ),
    verbs(
        "docker-compose podman-compose",
        "aqsftTvindluwpe",
        "",
        "all quiet format= filter= tail= follow timestamps \
        since= until= version file= project-name= profile= env-file= project-directory= user= env= workdir= index= \
        no-color no-log-prefix services images status= volumes hash= profiles",
        "-f -p --file --project-name --profile --env-file \
        --project-directory",
    ),
    verbs(
        "kubectl oc",
        "AwRpfhit",
        "nloc",
        "all-namespaces watch recursive previous follow namespace= context= \
        kubeconfig= selector= output= container= cluster= user= server= as= tail= since= since-time= timestamps \
        show-labels sort-by= field-selector= no-headers all-containers? timeout= for= containers prefix limit-bytes= \
        max-log-requests= client short ignore-not-found chunk-size= label-columns= revision= minify raw stdin tty \
        request-timeout= types= watch-only api-group= namespaced? verbs=",
        "-n --namespace --context --kubeconfig -l \
        --selector -o --output -c --container --cluster --user -s --server --as",
    ),
    verbs(
        "helm",
        "Aaqdr",
        "nomf",
        "all-namespaces all quiet namespace= output= max= filter= kube-context= \
        kubeconfig= revision= version= values= set= set-string= repo= short deployed failed pending devel strict \
        versions regexp",
        "-n --namespace --kube-context --kubeconfig",
    ),
    verbs("terraform tofu", "", "", "", ""),
    verbs(
        "aws",
        "",
        "",
        "*",
        "--profile --region --endpoint-url --output --query --color --cli-read-timeout \
        --cli-connect-timeout --ca-bundle",
    ),
    verbs(
        "gcloud",
        "q",
        "",
        "project= zone= region= format= filter= limit= sort-by= uri quiet page-size= account= location= freshness= \
        order= cluster= instance= service= version=",
        "--project --zone --region --format --account",
    ),
    verbs(
        "az",
        "d",
        "ogns",
        "query= subscription= output= name= resource-group= location= vault-name= account-name= container-name= server= \
        server-name= only-show-errors all show-details auth-mode= resource-type= start-time= end-time= metric= \
        interval= offset= registry= repository= top= ids=",
        "",
    ),
    verbs(
        "gh",
        "a",
        "RLqsbluSw",
        "repo= limit= json= jq= workflow= branch= state= status= label= author= assignee= log \
        log-failed exit-status comments paginate search= user= event= verbose job= template= name-only interval= compact \
        required hostname= active watch head= base= draft",
        "-R --repo -L --limit",
    ),
    verbs(
        "railway",
        "",
        "sepn",
        "service= environment= project= lines= since= limit= period= filter= json kv deployment build latest http",
        "-s --service -e --environment -p --project -n --lines --since",
    ),
    verbs(
        "wrangler",
        "",
        "ce",
        "config= env= name= json format= binding= namespace-id= remote version-id= status= method= search= header= \
        sampling-rate= prefix= project-name=",
        "-c --config -e --env --name",
    ),
    verbs(
        "npm pnpm yarn",
        "agvlrPD",
        "Cw",
        "json depth= all global production prod dev omit= include= audit-level= prefix= long parseable registry= dir= \
        filter= workspace= workspaces recursive version groups level= latest",
        "--prefix -C --dir --filter -w --workspace",
    ),
    verbs(
        "prisma",
        "",
        "",
        "schema= exit-code script from-migrations= to-schema-datamodel= from-url= to-url= \
        from-schema-datamodel= shadow-database-url= from-empty to-empty",
        "--schema",
    ),
    plain(
        "ansible-playbook",
        "CDvbKk",
        "iletu",
        "check diff list-tasks list-hosts list-tags syntax-check inventory= limit= tags= \
        skip-tags= extra-vars= become verbose version",
    ),
    plain(
        "ansible",
        "ovbDK",
        "imlauf",
        "module-name= inventory= limit= args= one-line list-hosts diff become user= \
        forks= version",
    ),
    plain("ansible-inventory ansible-doc ansible-config", "vlj", "i", "list graph host= inventory= yaml vars"),
    verbs(
        "python python3",
        "VB",
        "",
        "version settings= database= plan check dry-run list deploy fail-level= \
        traceback no-color skip-checks all tag= verbosity=",
        "",
    ),
    plain(
        "psql",
        "tAcqXlxwWe1azEn",
        "cdhpUvFPRf",
        "command= dbname= host= port= username= tuples-only no-align quiet no-psqlrc list \
        expanded no-password version csv variable= set= pset= field-separator= echo-errors html",
    ),
    Known {
        names: "mysql mariadb",
        flags: "BNstEGHrwq",
        valued: "euhPDp",
        glued: "uhpD",
        long: "execute= user= host= port= database= batch skip-column-names silent table vertical raw password? \
            protocol= socket= defaults-file= defaults-extra-file= ssl-mode= version connect-timeout=",
        lead: None,
    },
    plain(
        "pg_dump pg_dumpall",
        "sabcCxOvw",
        "FdhpUtnTNZ",
        "schema-only data-only clean create no-owner no-acl \
        no-privileges format= dbname= host= port= username= table= schema= exclude-table= if-exists verbose \
        globals-only roles-only compress= version no-password",
    ),
    plain(
        "mysqldump",
        "dntqC",
        "uhPp",
        "single-transaction quick user= host= port= password? no-data \
        databases all-databases routines triggers events skip-lock-tables no-create-info protocol= defaults-file= \
        defaults-extra-file=",
    ),
    plain("pg_restore", "lcv", "dFhpU", "list clean verbose"),
    verbs("mysqladmin", "vs", "uhP", "user= host= port= password?", "-u -h -P --user --host"),
    verbs(
        "redis-cli valkey-cli",
        "x",
        "hpaunris",
        "bigkeys memkeys hotkeys latency stat scan latency-history \
        no-auth-warning raw no-raw csv json tls user= pass= cacert= cert= key= sni= pattern= insecure count=",
        "-h -p -a -u -n -r -i -s \
        --user --pass --cacert --cert --key --sni",
    ),
    plain("lastlog", "", "ubt", ""),
    plain("pidstat", "urdhlswtRvTIH", "pC", ""),
    plain("tree", "aCdfihDFpsugQnrtlxN", "LIP", "dirsfirst du prune noreport gitignore si inodes"),
    plain("file", "bikLzhp", "", "brief mime mime-type mime-encoding dereference"),
    plain("smartctl", "aHixAcj", "dl", "all health info xall attributes json scan"),
    plain("sensors", "AufjU", "", ""),
    plain(
        "systemd-analyze systemd-cgls systemd-detect-virt systemd-cgtop",
        "abnlqkv1",
        "nu",
        "no-pager user system order= full",
    ),
    plain("blkid", "k", "os", ""),
    plain("dpkg-query apt-cache", "lLsSW", "f", "list listfiles status search show showformat= installed names-only"),
    plain("cloud-id", "", "", ""),
];

/// Whether every option of this program is one that is known not to act by itself.
pub(super) fn known(program: &str, rest: &[Arg]) -> bool {
    let named = |names: &str| names.split_whitespace().any(|name| name == program);
    if named(FREE) {
        return true;
    }
    match program {
        "openssl" => return rest.iter().all(|arg| !arg.bare && openssl(&arg.text)),
        "ip" => return rest.iter().all(|arg| !arg.bare && ip(&arg.text)),
        "git" if looks_at_object(rest) => return true,
        "terraform" | "tofu" => return rest.iter().all(|arg| !arg.bare && terraform(&arg.text)),
        _ => {}
    }
    let Some(known) = KNOWN.iter().find(|known| named(known.names)) else { return false };
    options(known, rest)
}

fn openssl(word: &str) -> bool {
    const OPTIONS: &str = "-connect -servername -showcerts -noout -dates -enddate -startdate -subject -issuer -text \
        -in -inform -serial -fingerprint -sha256 -sha512 -sha1 -md5 -CAfile -CApath -checkend -starttls -verify \
        -tls1_2 -tls1_3 -brief -ext -purpose -modulus -pubkey -quiet -untrusted -verify_return_error -status -a -v";
    !word.starts_with('-') || OPTIONS.split_whitespace().any(|known| known == word)
}

/// Its long options have one dash and may be shortened: `-b` is a file of commands, `-br` is brief.
fn ip(word: &str) -> bool {
    const OPTIONS: &str = "-4 -6 -s -o -d -j -p -h -c -r -br -brief -json -stats -details -color -oneline -V -V";
    !word.starts_with('-') || OPTIONS.split_whitespace().any(|known| known == word)
}

/// `cat-file` with what it asks of an object. Elsewhere these letters mean other things, so they are no options of git's in
/// the table.
fn looks_at_object(rest: &[Arg]) -> bool {
    let mut words = rest;
    while let [option, place, more @ ..] = words
        && option.is("-C")
        && !place.bare
        && !place.text.starts_with('-')
    {
        words = more;
    }
    let asks = |arg: &Arg| !arg.text.starts_with('-') || ["-e", "-t", "-s", "-p"].iter().any(|option| arg.is(option));
    let Some((verb, words)) = words.split_first() else { return false };
    verb.is("cat-file") && words.iter().all(|arg| !arg.bare && asks(arg))
}

fn terraform(word: &str) -> bool {
    const OPTIONS: &str = "-no-color -json -raw -detailed-exitcode -input -lock -lock-timeout -refresh -refresh-only \
        -var -var-file -target -compact-warnings -parallelism -chdir -destroy -version -help";
    let name = word.split_once('=').map_or(word, |(name, _)| name);
    !word.starts_with('-')
        || OPTIONS.split_whitespace().any(|known| known == name || known == name.trim_start_matches('-'))
}

fn options(known: &Known, rest: &[Arg]) -> bool {
    let (mut at, mut operand) = (0, false);
    while let Some(arg) = rest.get(at) {
        at += 1;
        // What is split into words when it runs may be options.
        if arg.bare {
            return false;
        }
        if arg.is("--") {
            return !rest.iter().skip(at).any(|arg| arg.bare);
        }
        let Some(word) = arg.text.strip_prefix('-').filter(|word| !word.is_empty()) else {
            operand = true;
            continue;
        };
        let takes = match word.strip_prefix("--").or_else(|| word.strip_prefix('-')) {
            Some(word) => long(known, word),
            None => short(known, word),
        };
        match takes {
            None => return false,
            Some(false) => {}
            Some(true) => {
                let leads = known.lead.is_none_or(|lead| lead.split_whitespace().any(|one| one == arg.text));
                if !operand && !leads {
                    return false;
                }
                let value = rest.get(at);
                // A value that looks like an option would be taken for one.
                if value.is_some_and(|value| value.text.starts_with('-') && value.text.len() > 1) {
                    return false;
                }
                at += 1;
            }
        }
    }
    true
}

/// Whether a long option takes the next word; none when it is not known.
fn long(known: &Known, word: &str) -> Option<bool> {
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    if known.long == "*" {
        return Some(false);
    }
    known.long.split_whitespace().find_map(|one| match (one.strip_suffix('='), one.strip_suffix('?')) {
        (Some(one), _) if one == name => Some(value.is_none()),
        (None, Some(one)) if one == name => Some(false),
        (None, None) if one == name && value.is_none() => Some(false),
        _ => None,
    })
}

/// Whether a short option, or several together, takes the next word; none when one is not known.
fn short(known: &Known, cluster: &str) -> Option<bool> {
    if cluster.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(false);
    }
    for (at, letter) in cluster.char_indices() {
        let glued = cluster.get(at + letter.len_utf8()..).unwrap_or_default();
        if known.valued.contains(letter) {
            let harmless = known.glued.contains(letter) || !glued.contains(|c: char| c.is_ascii_alphabetic());
            return (at < 4 && harmless).then_some(glued.is_empty());
        }
        if glued.len() > 5 || !known.flags.contains(letter) {
            return None;
        }
    }
    Some(false)
}
