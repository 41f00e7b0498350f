namespace Agents.Conversation.Guardrails.Injection;

/// <summary>
/// What gives an injection away, in words: attempts to end the instructions, to change the model's role or mode, to get at what it was
/// told, orders hidden in content. A rule's weight is how much of the verdict it makes up; 1 is enough.
/// </summary>
internal static class InjectionRules
{
    private const string Undo = "ignore|ignoring|disregard|disregarding|forget|override|bypass|neglect|discard|abandon|dismiss|pay no attention to|do not follow|don't follow|stop following|set aside";
    private const string Told = "instructions?|directives?|prompts?|rules|guidelines|guidance|orders|commands|restrictions|constraints|tasks?|context|statements?|input|notes|conversation|parameters|programming|training|policies|limitations";
    private const string Earlier = "previous|prior|above|earlier|preceding|foregoing|initial|original|former|existing|system|your|all|any|these|those|last|the";
    private const string Hidden = "password|passcode|passphrase|passwords|secret|secret key|secret code|secret word|access code|access key|api key|credentials|pin code|private key|system prompt|hidden prompt|confidential";
    private const string Reveal = "tell|give|show|reveal|share|disclose|print|provide|send|spell|write|encode|repeat|say|output|leak|expose|translate|include|list|display|dump|confirm|hint|guess|know|what is|what's|what are|what would|what was";

    public static IReadOnlyList<(string Name, double Weight, string Pattern)> All { get; } =
    [
        ("undo", 1, $@"\b(?:{Undo})\s+(?:\w+\s+){{0,3}}?(?:{Earlier})\s+(?:\w+\s+){{0,3}}?(?:{Told})\b"),
        ("undo", 1, $@"\b(?:{Undo})\s+(?:the|this)\s+(?:webpage|web page|document|article|resume|e-?mail|content|paper|user|question|code|story)\b[^.?!\n]{{0,20}}\b(?:and|state|instead|say)\b"),
        ("undo", 1, $@"\b(?:{Undo})\s+(?:all\s+|everything\s+|anything\s+)?(?:of\s+)?(?:the\s+)?(?:above|before|previous|prior|that came before|you (?:were|have been) told|i said|said before)\b"),
        ("undo", 1, @"\b(?:forget|ignore|disregard)\s+(?:about\s+)?(?:everything|all of that|all that|whatever|what (?:i|you|we|they|was|has|is))\b|\boverride\s+(?:your|all|any)\b"),
        ("undo", 1, $@"\bregardless of\s+(?:\w+\s+){{0,2}}?(?:previous|prior|earlier|your|other)\s+(?:\w+\s+)?(?:{Told})\b"),
        ("undo", 1, @"\b(?:ignor\w*|olvid\w*|haz caso omiso)\s+(?:\w+\s+){0,5}?(?:instrucciones|reglas|indicaciones|órdenes)"),
        ("undo", 1, @"\b(?:ignor\w*|oubli\w*|ne tiens? pas compte|faites abstraction)\s+(?:\w+\s+){0,5}?(?:instructions|consignes|règles|directives)"),
        ("undo", 1, @"\b(?:ignor\w*|esque[cç]\w*|desconsider\w*)\s+(?:\w+\s+){0,5}?(?:instruções|regras|ordens|diretrizes)"),
        ("undo", 1, @"\b(?:ignorier\w*|vergiss|vergessen sie|missachte\w*)\s+(?:\w+\s+){0,5}?(?:anweisungen|anleitungen|regeln|befehle|vorgaben|instruktionen)"),
        ("undo", 1, @"\b(?:ignora\w*|dimentica\w*|trascura\w*)\s+(?:\w+\s+){0,5}?(?:istruzioni|regole|direttive|indicazioni)"),
        ("undo", 1, @"\b(?:negeer|vergeet)\s+(?:\w+\s+){0,5}?(?:instructies|opdrachten|regels|aanwijzingen)"),
        ("undo", 1, @"\b(?:zignoruj|ignoruj|zapomnij o)\s+(?:\w+\s+){0,5}?(?:instrukcj\w*|poleceni\w*|zasad\w*)"),
        ("undo", 1, @"(?:игнорир\w*|забуд\w*|не обращай\w* внимания)\s+(?:\w+\s+){0,5}?(?:инструкци\w*|указани\w*|правил\w*|команд\w*)"),
        ("undo", 1, @"(?:önceki|yukarıdaki)\s+(?:\w+\s+){0,3}?(?:talimat\w*|komut\w*|kural\w*)\s+(?:\w+\s+){0,2}?(?:yok say|unut|görmezden gel)"),
        ("undo", 1, @"(?:忽略|无视|忘记|忘掉|不要理会|忽視|無視)[^。\n]{0,12}(?:指令|指示|说明|规则|提示|命令|要求)"),
        ("undo", 1, @"(?:指示|命令|ルール|指令)[^。\n]{0,8}(?:無視|忘れ|従わない)"),
        ("undo", 1, @"(?:지시|명령|규칙)[^.\n]{0,8}(?:무시|잊)"),
        ("undo", 1, @"(?:تجاهل|انس|انسى)\s+(?:\w+\s+){0,3}?(?:التعليمات|الأوامر|القواعد)"),
        ("undo", 1, @"(?:अनदेखा|नज़रअंदाज़|भूल)[^।\n]{0,20}(?:निर्देश|आदेश)|(?:निर्देश|आदेश)\w*[^।\n]{0,20}(?:अनदेखा|नज़रअंदाज़|भूल)"),

        ("mode", 1, @"\b(?:do anything now|dan mode|developer mode|debug mode|god mode|admin(?:istrator)? mode|root mode|system mode|maintenance mode|unrestricted mode|jailbreak mode|opposite mode)\b"),
        ("mode", 1, @"\b(?:entering|enter|enable|activate|activated|switch to|switching to|now in|initiate)\s+(?:an?\s+|the\s+|your\s+|into\s+)?['""]?(?:\w+\s+){0,2}(?:verification|developer|debug\w*|admin\w*|system|test\w*|diagnostic|override|unrestricted|maintenance|root)\s+(?:mode|check|access|override)\b"),
        ("mode", 1, @"\byou are (?:now|no longer|going to be)\s+(?:an?\s+|the\s+)?(?:\w+\s+){0,4}(?:bot|ai|assistant|model|chatbot|hacker|dan|unrestricted|unfiltered|free|bound|restricted)\b"),
        ("mode", 1, @"\b(?:act|behave|respond|roleplay|pretend|answer)\s+(?:as|like|to be)\s+(?:if you (?:were|are|have|had)\s+)?(?:an?\s+|the\s+)?(?:\w+\s+){0,3}(?:no (?:rules|restrictions|limits|filters|guidelines)|unrestricted|unfiltered|uncensored|without (?:any )?(?:rules|restrictions|limits|filters)|evil|jailbroken)\b"),
        ("authority", 0.6, @"\b(?:i am|i'm|this is|as)\s+(?:your|the|an?)\s+(?:\w+\s+){0,2}(?:developer|creator|administrator|admin|owner|boss|ceo|president|god|police officer|officer|security expert|cybersecurity expert|engineer|manager|supervisor|authority|researcher|auditor)\b"),
        ("mode", 0.6, @"\b\w+ mode (?:is )?(?:now )?(?:activated|enabled|engaged|initiated)\b|\b(?:access granted|override code|sudo)\b"),
        ("authority", 0.6, @"\bi (?:have|hold) (?:the |full |special )?(?:permission|authori[sz]ation|clearance|access rights)\b|\bi(?:'m| am) authori[sz]ed\b|\bthis is an emergency\b"),
        ("authority", 0.6, @"\bi am god\b|\bas an (?:ai|authority)\b[^.\n]{0,40}\b(?:developed|created|trained|suggest|order)\b|\byou have to (?:answer|obey|comply)|\byou must (?:obey|comply|answer)"),
        ("authority", 0.6, @"\b(?:running|perform\w*|conducting|for|doing)\s+(?:an?\s+|the\s+)?(?:system|security|testing|test|debugging|verification|diagnostic|audit)\s+(?:check|test|purposes?|audit|scan|reasons?)\b"),
        ("authority", 0.6, @"\b(?:sou|soy|je suis|ich bin|io sono|sono)\s+(?:o|a|el|la|le|votre|tu|su|dein|ihr|il|der|die)?\s*(?:presidente|président|präsident|administrador|administrateur|administrator|amministratore|desarrollador|desenvolvedor|développeur|entwickler|sviluppatore|jefe|chefe|chef|capo|propietario|dono)|私はあなたの(?:上司|開発者|管理者)|我是(?:你的)?(?:开发者|管理员|老板|上司)"),

        ("secrets", 1, $@"\b(?:{Reveal})\b[^.?!\n]{{0,60}}\b(?:your|our|its|the|that|this|any|all)\s+(?:\w+\s+)?(?:{Hidden})(?:\s*$|\s*[?.!,;:'"")\]]|\s+(?:for|that|to|please|in|as|which|is|you|of|and|with|using|so|now|from|by|at|on|backwards|spelled|here|one)\b)"),
        ("secrets", 1, $@"\b(?:your|our|its|the|that)\s+(?:{Hidden})\b[^.?!\n]{{0,40}}\b(?:be in|letter|character|base64|rhyme|backwards|reverse|acrostic|poem|hint|spell|encode|is it)"),
        ("secrets", 1, $@"\b(?:poem|haiku|acrostic|story|song|riddle|sentence)\b[^.?!\n]{{0,40}}\b(?:with|about|containing|using|from|of)\s+(?:the|your|its)\s+(?:{Hidden})\b"),
        ("secrets", 1, @"\b(?:qual è|quale è|dimmi|dammi|rivela\w*|condividi)\s+(?:\w+\s+){0,2}(?:password|parola d'ordine|chiave segreta|codice segreto)"),
        ("secrets", 1, @"\b(?:cuál es|cual es|dime|dame|revela\w*|comparte|muestra)\s+(?:\w+\s+){0,2}(?:contraseña|clave secreta|clave|palabra secreta|código secreto)"),
        ("secrets", 1, @"\b(?:qual é|qual e|diga\w*|revele|compartilh\w*|mostre)\s+(?:\w+\s+){0,3}(?:senha|palavra-passe|chave secreta|código secreto)"),
        ("secrets", 1, @"\b(?:quel est|quelle est|dis-moi|donne\w*|révèle\w*|partage\w*)\s+(?:\w+\s+){0,3}(?:mot de passe|clé secrète|code secret)"),
        ("secrets", 1, @"\b(?:was ist|wie lautet|sag mir|nenn\w*|verrat\w*|gib mir|zeig\w*)\s+(?:\w+\s+){0,2}(?:passwort|kennwort|geheimcode|geheime schlüssel|geheimwort)"),
        ("secrets", 1, @"(?:какой|скажи\w*|назови\w*|раскро\w*|покажи\w*|сообщи\w*)\s+(?:\w+\s+){0,2}(?:пароль|секретн\w*|ключ)"),
        ("secrets", 1, @"(?:密码|口令|密钥|秘密)[^。\n]{0,6}(?:是什么|告诉|透露|是多少)|(?:告诉|透露|给我|说出)[^。\n]{0,6}(?:密码|口令|密钥|秘密)|(?:パスワード|秘密)[^。\n]{0,12}(?:教えて|何です|必要)|비밀번호[^.\n]{0,8}(?:알려|무엇|뭐)|كلمة (?:المرور|السر)|पासवर्ड (?:क्या|बता)"),
        ("prompt", 1, @"\b(?:repeat|print|output|show|reveal|display|summari[sz]e|copy|quote|what (?:is|are|was|were))\s+(?:\w+\s+){0,4}?(?:your|the|its)\s+(?:\w+\s+){0,2}?(?:system prompt|initial instructions|original instructions|system message|instructions (?:above|verbatim|you were given)|hidden instructions|prompt verbatim)\b"),
        ("prompt", 1, @"\b(?:repeat|print|copy|output|say|write out)\s+(?:everything|all|the text|all text|the words|the above|verbatim)\s+(?:\w+\s+){0,3}?(?:above|before|verbatim|prior)\b"),
        ("people", 0.7, @"\b(?:the|this|that|your|logged.in|current|other|different|all)\s+users?'?s?\b[^.?!\n]{0,30}\b(?:name|e-?mail|address|birth\w*|born|phone|password|live[sd]?|city|favou?rite|residence|balance|account|age|income|location|socioeconomic)\b"),
        ("people", 0.7, @"\bwhere (?:does|do|did) (?:the|this|that) (?:current )?user\b|\b(?:give|tell|show) me \w+'s (?:birth ?\w*|email|address|phone|password|age)"),
        ("people", 0.4, @"\b(?:your|the)\s+(?:\w+\s+)?(?:database|records|employee data|customer data|user data)\b"),

        ("content", 1, @"<!--[^>]{0,400}\b(?:ignore|state|say|output|respond|you must|instruct\w*|reveal|follow this|print|tell the user|we might|answer)\b"),
        ("content", 0.6, @"\b(?:and|then|please|instead|now|only|simply|just)\s+(?:state|output|say|print|respond with|reply with|answer with|write|conclude)\s+(?:that|the following|exactly|only|:|['""])"),
        ("content", 1, @"\b(?:please )?(?:output|state|print|say|return|respond with|reply with) (?:only )?the following\s*:|\b(?:consider|set|treat) the (?:output|answer|result|conclusion) (?:as|to be|to)\b"),
        ("content", 1, @"<\|(?:im_start|im_end|system|user|assistant|endoftext)\|>|\[/?inst\]|<<sys>>|^\s*#{2,}\s*(?:system|instruction|new instructions)\b|\b(?:begin|end|new) (?:system (?:prompt|message)|instructions)\b|^\s*(?:system|assistant)\s*:"),
        ("content", 1, @"\b(?:suppose|imagine|assume|pretend|in a (?:\w+ )?(?:world|universe|scenario|story) where|hypothetical\w*)\b[^.?!\n]{0,120}\b(?:ignore|ignoring|no rules|no restrictions|might state|would state|state:|passwords?|secrets?|your instructions|bypass)\b"),
        ("sending", 0.6, @"\b(?:send|forward|e-?mail|post|upload|transmit|exfiltrate)\s+(?:\w+\s+){0,8}?(?:to|at)\s+(?:\S+@\S+|https?://\S+|this (?:address|url|email))"),
        ("content", 0.8, @"\bi admit\b|\byour account has been compromised\b|\bfollow this link to\b|\bclick (?:here|this link|the link) to (?:verify|reset|confirm)"),
        ("pieces", 1, @"\b(?:part|piece|fragment|string) (?:1|one|a)\b[^\n]{0,160}\b(?:part|piece|fragment|string) (?:2|two|b)\b|\b(?:concatenate|join|combine) (?:the|these|those|both) (?:\w+ ){0,2}(?:parts|pieces|strings|fragments|variables)\b|\b[a-z]\s*=\s*['""][^'""\n]{1,40}['""][\s,;]{1,3}(?:and )?[a-z]\s*=\s*['""]"),
        ("pieces", 1, @"\b(?:first|second|other|last) half\b[^\n]{0,80}\b(?:second|first|other|last) half\b|['""]\s*\+\s*['""]|\b[a-z]\d?\s*\+\s*[a-z]\d?\s*\+\s*[a-z]\d?\b"),
        ("decode", 1, @"\b(?:decode|decrypt|decipher)\b[^\n]{0,60}\b(?:and|then)\b[^\n]{0,30}\b(?:execute|follow|run|answer|do|obey|say|state|respond)\b"),
        ("form", 0.5, @"\b(?:base64|rot13|hexadecimal|morse code|pig latin|leetspeak|reversed?|backwards|separated by (?:a |an )?(?:dot|dash|space|comma)s?|first (?:two|three|four|five|few)? ?(?:letters?|characters?|digits?)|last (?:two|three|four)? ?(?:letters?|characters?|digits?)|each (?:letter|digit|line|character))\b"),
        ("form", 0.5, @"\bin the form of (?:a|an) (?:poem|song|story|haiku|code|script|list|riddle)\b"),
    ];
}
