"""Every IRI that the product knows, once.

Sources: xAPI 1.0.3, the xAPI Video Profile 1.0 (https://w3id.org/xapi/video), the ADL vocabulary, the xAPI SCORM
profile, cmi5, and the study-time profile (contract "Study time"; its IRIs await registration).
"""

# --- verbs ------------------------------------------------------------------------------------------------------
_ADL_VERBS = "http://adlnet.gov/expapi/verbs/"
VERB_ANSWERED = _ADL_VERBS + "answered"
VERB_ASKED = _ADL_VERBS + "asked"
VERB_ATTEMPTED = _ADL_VERBS + "attempted"
VERB_ATTENDED = _ADL_VERBS + "attended"
VERB_COMMENTED = _ADL_VERBS + "commented"
VERB_COMPLETED = _ADL_VERBS + "completed"
VERB_EXITED = _ADL_VERBS + "exited"
VERB_EXPERIENCED = _ADL_VERBS + "experienced"
VERB_FAILED = _ADL_VERBS + "failed"
VERB_INITIALIZED = _ADL_VERBS + "initialized"
VERB_INTERACTED = _ADL_VERBS + "interacted"
VERB_LAUNCHED = _ADL_VERBS + "launched"
VERB_PASSED = _ADL_VERBS + "passed"
VERB_PROGRESSED = _ADL_VERBS + "progressed"
VERB_REGISTERED = _ADL_VERBS + "registered"
VERB_RESUMED = _ADL_VERBS + "resumed"
VERB_SCORED = _ADL_VERBS + "scored"
VERB_SUSPENDED = _ADL_VERBS + "suspended"
VERB_TERMINATED = _ADL_VERBS + "terminated"
VERB_VOIDED = _ADL_VERBS + "voided"

_W3ID_ADL_VERBS = "https://w3id.org/xapi/adl/verbs/"
VERB_ABANDONED = _W3ID_ADL_VERBS + "abandoned"
VERB_SATISFIED = _W3ID_ADL_VERBS + "satisfied"
VERB_WAIVED = _W3ID_ADL_VERBS + "waived"

_VIDEO = "https://w3id.org/xapi/video"
VERB_PLAYED = _VIDEO + "/verbs/played"
VERB_PAUSED = _VIDEO + "/verbs/paused"
VERB_SEEKED = _VIDEO + "/verbs/seeked"

_TINCAN_VERBS = "http://id.tincanapi.com/verb/"
VERB_FOCUSED = _TINCAN_VERBS + "focused"
VERB_UNFOCUSED = _TINCAN_VERBS + "unfocused"

_STUDY_TIME = "https://w3id.org/xapi/study-time"
VERB_HEARTBEAT = _STUDY_TIME + "/verbs/heartbeat"
VERB_MISSED = _STUDY_TIME + "/verbs/missed"

# --- categories: profiles that a statement says it follows ---------------------------------------------------------
CATEGORY_VIDEO = _VIDEO
CATEGORY_STUDY_TIME = _STUDY_TIME
CATEGORY_SCORM = "https://w3id.org/xapi/scorm"
CATEGORY_CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5"
CATEGORY_MOVEON = "https://w3id.org/xapi/cmi5/context/categories/moveon"

# --- activity types ----------------------------------------------------------------------------------------------
_ADL_ACTIVITIES = "http://adlnet.gov/expapi/activities/"
ACTIVITY_ASSESSMENT = _ADL_ACTIVITIES + "assessment"
ACTIVITY_ATTEMPT = _ADL_ACTIVITIES + "attempt"
ACTIVITY_CMI_INTERACTION = _ADL_ACTIVITIES + "cmi.interaction"
ACTIVITY_COURSE = _ADL_ACTIVITIES + "course"
ACTIVITY_LESSON = _ADL_ACTIVITIES + "lesson"
ACTIVITY_MEDIA = _ADL_ACTIVITIES + "media"
ACTIVITY_MEETING = _ADL_ACTIVITIES + "meeting"
ACTIVITY_MODULE = _ADL_ACTIVITIES + "module"
ACTIVITY_QUESTION = _ADL_ACTIVITIES + "question"
ACTIVITY_DOCUMENT = "http://id.tincanapi.com/activitytype/document"
ACTIVITY_VIDEO = _VIDEO + "/activity-type/video"
ACTIVITY_AUDIO = "https://w3id.org/xapi/audio/activity-type/audio"
ACTIVITY_PRESENCE_CHECK = _STUDY_TIME + "/activity-types/presence-check"

# --- result extensions of the Video Profile ---------------------------------------------------------------------
_VIDEO_EXT = _VIDEO + "/extensions/"
EXT_TIME = _VIDEO_EXT + "time"
EXT_TIME_FROM = _VIDEO_EXT + "time-from"
EXT_TIME_TO = _VIDEO_EXT + "time-to"
EXT_PROGRESS = _VIDEO_EXT + "progress"
EXT_PLAYED_SEGMENTS = _VIDEO_EXT + "played-segments"

# --- context extensions of the Video Profile ----------------------------------------------------------------------
EXT_SESSION_ID = _VIDEO_EXT + "session-id"
EXT_LENGTH = _VIDEO_EXT + "length"
EXT_SPEED = _VIDEO_EXT + "speed"
EXT_VOLUME = _VIDEO_EXT + "volume"
EXT_QUALITY = _VIDEO_EXT + "quality"
EXT_FULL_SCREEN = _VIDEO_EXT + "full-screen"
EXT_SCREEN_SIZE = _VIDEO_EXT + "screen-size"
EXT_COMPLETION_THRESHOLD = _VIDEO_EXT + "completion-threshold"
EXT_CC_ENABLED = _VIDEO_EXT + "cc-subtitle-enabled"
EXT_CC_LANG = _VIDEO_EXT + "cc-subtitle-lang"
EXT_USER_AGENT = _VIDEO_EXT + "user-agent"

# --- context extensions of the study-time profile -------------------------------------------------------------------
_STUDY_TIME_EXT = _STUDY_TIME + "/extensions/"
EXT_SEQUENCE = _STUDY_TIME_EXT + "sequence"
EXT_PLAYING = _STUDY_TIME_EXT + "playing"
EXT_VISIBLE = _STUDY_TIME_EXT + "visible"
EXT_INPUTS = _STUDY_TIME_EXT + "inputs"
EXT_RATE = _STUDY_TIME_EXT + "rate"
EXT_DEVICE = _STUDY_TIME_EXT + "device"
EXT_PROOF = _STUDY_TIME_EXT + "proof"

# --- attachments ------------------------------------------------------------------------------------------------
ATTACHMENT_SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
